"""Questions that synthesis asks: each shape makes a reading over some things and words it in one of many ways."""
