"""Rows, labels and ids of tables are what their files say."""

from fairprune.storage.outside import read_columns


def test_line_breaks_within_quotes_of_a_large_csv_are_text(tmp_path):
    texts = [f"{i}\n" + "some words\n" * 100 for i in range(3000)]  # some blocks of 1 MiB
    rows = "".join(f'"{line}",{i % 2}\n' for i, line in enumerate(texts))
    (tmp_path / "all.csv").write_text("text,label\n" + rows)
    assert read_columns(tmp_path / "all.csv")["text"].tolist() == texts
