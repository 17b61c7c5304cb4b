#!/bin/sh
# The platform sets CODE_DIR, ADDRESS, TARGET_TYPE and the class labels; drum reads them itself.
exec drum server "$@"
