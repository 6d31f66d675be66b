"""The Qt windows, and nothing that decides. The only package that imports Qt."""
