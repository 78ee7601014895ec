#!/usr/bin/env bash
# Lays the Apache Kafka that the tests start into a cache: packages of Maven Central, by name. Safe to repeat.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pom=tests/services/kafka_pom.xml
cache=${ASSAY_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay-test}
jars=$cache/kafka-$(sha256sum "$pom" | cut -c1-12) # another version is another folder

if [ ! -d "$jars" ]; then
  if ! command -v mvn >/dev/null || ! command -v java >/dev/null; then
    apt-get install -qq --no-install-recommends maven default-jre-headless
  fi
  mkdir -p "$cache"
  fetched=$(mktemp -d "$cache/kafka-XXXXXXXX")
  trap 'rm -rf "$fetched"' EXIT
  for pause in 2 10 30 0; do
    mvn --quiet --batch-mode --file "$pom" dependency:copy-dependencies -DoutputDirectory="$fetched" && break
    if [ "$pause" = 0 ]; then
      printf 'Kafka cannot be fetched\n' >&2
      exit 1
    fi
    sleep "$pause"
  done
  mv --no-target-directory "$fetched" "$jars" || [ -d "$jars" ]
fi
printf '%s\n' "$jars"
