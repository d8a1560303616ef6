import subprocess
import sys

from fairprune.study.sources import source_hash


def test_source_hash_is_of_all_modules():
    both = source_hash("fairprune.study.schedule", "fairprune.seeds")
    assert both != source_hash("fairprune.study.schedule") != source_hash("fairprune.seeds")


def test_source_hash_imports_nothing_of_what_it_hashes():
    program = """
import sys
from fairprune.study.sources import source_hash
source_hash("fairprune.figures.figure1", "fairprune.scores.grand", "fairprune.reporting.headline")
heavy = {"torch", "matplotlib", "scipy.stats", "pandas", "fairprune.reporting.headline"}
print(*heavy & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
