"""Data sources, one per file; the file's name is the source's name in the configuration.

A source offers ``load(root, **options) -> Dataset``. ``root`` is a folder, or None if none is
needed; the options are the other keys of its configuration entry. These rules hold for all sources:

A source that can download its files has ``DOWNLOADS = True``. For files of the user's own,
``files(root, **options)`` lists those that the source reads, so that the workflow notices changes.
``listing(root, **options)`` gives what the source finds before it reads an image
(:class:`fairprune.data._listing.Listing`): ``load`` decodes that, and ``new-study`` prints it.

**Images** are decoded to uint8. A set whose images are all grayscale keeps one channel; in any
other set every image becomes RGB (palettes are expanded, transparency is dropped). All images must
have one size, unless the source offers ``image_size``.

**Order.** The index of an example is its position in the source's own order, not counting the
examples of other splits.

**Ids** are the same on every machine. Sources that are folders of files (``image_folder``,
``tiny_imagenet``) use file names. The others hash the example's content and label
(:func:`fairprune.data._ids.content_ids`). An image of CIFAR-100 therefore has the same id in the
official files and in Parquet shards with their rows in another order.

**Splits.** Half of the official test set, per class, is the validation split, chosen by a seeded
permutation (option ``seed``); the other half is the test split
(:func:`fairprune.data._splits.split`). The choice depends on ids alone, not on the order.
"""
