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


use rule export_ids as export_links with:
    output:
        directory(f"{EXPORTED}/links"),
    log:
        "logs/{experiment}/exported/{method}/density{density}/seed{seed}_links.log",
    params:
        out=lambda wildcards, output: output[0],
        form="links",
        root=exported_root,


use rule export_ids as export_copies with:
    output:
        directory(f"{EXPORTED}/copies"),
    log:
        "logs/{experiment}/exported/{method}/density{density}/seed{seed}_copies.log",
    params:
        out=lambda wildcards, output: output[0],
        form="copies",
        root=exported_root,


use rule export_ids as export_parquet with:
    input:
        fingerprint,
        examples=canonical,
        arrays=arrays_of,
        pruned="results/{experiment}/pruned/{method}/density{density}/seed{seed}.parquet",
    output:
        directory(f"{EXPORTED}/parquet"),
    log:
        "logs/{experiment}/exported/{method}/density{density}/seed{seed}_parquet.log",
    params:
        out=lambda wildcards, output: output[0],
        form="parquet",
        root=exported_root,
