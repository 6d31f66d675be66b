"""`inspector bench`: how fast this machine inspects and learns, with the peers measured in the same run."""
