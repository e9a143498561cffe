"""Pure functions from documents to figures: LazyFrame in, LazyFrame out."""
