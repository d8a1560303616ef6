"""Look up the settings that a result must have been made with, by the result's path."""

from __future__ import annotations

from fairprune.study.experiment import Entry, Experiment
from fairprune.study.study import Study

_PLACES = ("root", "download")  # of a data set: where its files are, not what they hold


def entry_of(study: Study, place: str) -> Entry | None:
    """The configuration entry of a result, as its provenance records it.

    Parameters
    ----------
    study : Study
    place : str
        Path under ``results``.

    Returns
    -------
    dict or None
        None if the result has no entry of its own, or does not belong to the study.
    """
    try:
        match place.split("/"):
            case ["data", dataset, "examples.parquet"]:
                return content_of(study.config["datasets"][dataset])
            case [name, *rest]:
                return _entry(study.experiments[name], rest)
    except KeyError:
        pass
    return None


def content_of(dataset: Entry) -> Entry:
    """An entry of ``datasets`` without the keys that say where its files are."""
    return {key: value for key, value in dataset.items() if key not in _PLACES}


def _entry(experiment: Experiment, place: list[str]) -> Entry | None:
    model = {"model": experiment.settings["model"]}
    match place:
        case ["training_set.parquet"]:
            return experiment.training_set
        case ["query", query, _, _]:
            recall_epoch = experiment.queries[query]["recall_epoch"]
            training = experiment.query_training(query)
            return {**model, "training": training, "recall_epoch": recall_epoch}
        case ["scores", score, "mean.parquet"]:
            return {"score": score, **experiment.scores[score]}
        case ["scores", score, _]:
            return experiment.scores[score]
        case ["quotas", quota, *_]:
            return experiment.quotas[quota]
        case ["rounds", quota, _, _, "quotas.parquet"]:
            return experiment.round_entry(quota)
        case ["rounds", quota, density, *_]:
            training = experiment.round_training(quota)
            return {**model, "training": training, "density": _number(density)}
        case ["pruned", method, density, _]:
            return {**experiment.methods[method].entry, "density": _number(density)}
        case ["final" | "outcomes" | "epochs", method, density, _]:
            training = experiment.final_training(method)
            return {**model, "training": training, "density": _number(density)}
    return None


def _number(density: str) -> float:
    """The density in the name of a folder such as ``density0.3``."""
    return float(density.removeprefix("density"))
