"""Data sources, one per file; the file's name is the source's name in the configuration.

A source offers ``load(root, **options) -> Dataset``: ``root`` is a folder (or None where none is
needed), the options are the other keys of its configuration entry. Rules that hold for all:

A source that may fetch its files says so by ``DOWNLOADS = True``. ``files(root, **options)`` lists
those that it reads, where they are the user's own: the workflow sees when one of them changes.
``listing(root, **options)`` gives what it finds before an image is read
(:class:`fairprune.data._listing.Listing`): ``load`` decodes that, and ``new-study`` prints it.

**Images** are decoded to uint8. A set whose images are all grayscale keeps one channel; in any
other set every image becomes RGB (palettes are expanded, transparency is dropped). Images must
be of one size, except where the source offers ``image_size``.

**Order.** The index of an example is its position in the source's own order, without those
that went to other splits.

**Ids** are the same on every machine. Sources that are folders of files (``image_folder``,
``tiny_imagenet``) use file names. The others hash what the example is, its content and label
(:func:`fairprune.data._ids.content_ids`), so that an image of CIFAR-100 has one id, whether it came
from the official files or from Parquet shards with their rows in another order.

**Splits.** Half of the official test set, per class, is the validation split, chosen by a seeded
permutation (option ``seed``); the other half is the test split
(:func:`fairprune.data._splits.split`). The choice depends on ids alone, not on the order.
"""
