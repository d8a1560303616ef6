from fairprune.reporting.settings import training_table


def test_training_table_is_table_1():
    training = {"epochs": 160, "drops": [80, 120], "batch_size": 128}
    training |= {"learning_rate": 0.1, "weight_decay": 0.0005}
    entry = {"model": {"name": "vgg19"}, "dataset": "cifar100", "training": training}
    found = training_table({"a": entry, "long-tailed": entry})
    assert found.to_dict("records") == [
        {
            "model": "vgg19",
            "dataset": "cifar100",
            "epochs": 160,
            "drop epochs": "80, 120",
            "batch": 128,
            "learning rate": 0.1,
            "weight decay": 0.0005,
        }
    ]
    cycle = {**entry, "training": {**training, "schedule": "one_cycle"}}
    assert list(training_table({"c": cycle})["drop epochs"]) == ["one cycle"]
