#!/bin/sh
# Starts the one process that an image holds: `serve` or `migrate`.
set -eu
case "${DESK_SERVICE:?which process is this?}" in
  gateway) module=gateway ;;
  *) module="services.$DESK_SERVICE" ;;
esac
exec python -m "$module" "$@"
