"""The frame around each job: its log, its device, what it cost, and what a death leaves."""
