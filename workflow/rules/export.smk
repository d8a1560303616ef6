"""Pruned sets as other programs read them, where a target asks for one: no study makes them."""

EXPORTED = "results/{experiment}/exported/{method}/density{density}/seed{seed}"


rule export_ids:
    input:
        fingerprint,
        examples=canonical,
        pruned="results/{experiment}/pruned/{method}/density{density}/seed{seed}.parquet",
    output:
        f"{EXPORTED}/ids.txt",
    log:
        "logs/{experiment}/exported/{method}/density{density}/seed{seed}_ids.log",
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        out=lambda wildcards, output: output[0],
        form="ids",
        root=exported_root,
    script:
        "../scripts/export.py"


use rule export_ids as export_folder with:
    input:
        fingerprint,
        examples=canonical,
        arrays=lambda w: arrays_of(w) if w.form == "parquet" else [],
        pruned="results/{experiment}/pruned/{method}/density{density}/seed{seed}.parquet",
    output:
        directory(f"{EXPORTED}/{{form}}"),
    log:
        "logs/{experiment}/exported/{method}/density{density}/seed{seed}_{form}.log",
    wildcard_constraints:
        form="links|copies|parquet",
    params:
        out=lambda wildcards, output: output[0],
        form=lambda wildcards: wildcards.form,
        root=exported_root,
