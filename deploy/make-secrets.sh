#!/bin/sh
# Makes what is missing among the secrets of compose.yaml, at random, and leaves what is there as it is.
#
#   deploy/make-secrets.sh [FOLDER]     by default `secrets` beside this file
#
# The folder is its owner's alone; the files in it are readable, since Compose mounts a file with the mode that it has
# and each container reads it as a user of its own. To renew one: remove it, and what is derived from it (the lines
# below say what), and run this again; docs/operations.md says what to do in which store.
set -eu
folder=${1:-$(dirname "$0")/secrets}
umask 022
mkdir -p "$folder"
chmod 0700 "$folder"

random() {
  od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

keep() { # NAME TEXT
  [ -e "$folder/$1" ] || printf '%s\n' "$2" >"$folder/$1"
}

read_back() {
  cat "$folder/$1"
}

for name in secret_key mysql_root_password mysql_password mongo_root_password mongo_password aws_access_key aws_secret_key metrics_token; do
  keep "$name" "$(random)"
done
keep judge0_api_key ''
keep redis_conf "requirepass $(random)"
keep rabbitmq_conf "default_user = assay
default_pass = $(random)"

redis_password=$(sed 's/^requirepass //' "$folder/redis_conf")
rabbitmq_password=$(sed -n 's/^default_pass = //p' "$folder/rabbitmq_conf")
keep mysql_uri "mysql://assay:$(read_back mysql_password)@mysql:3306/assay"
keep mongo_uri "mongodb://assay:$(read_back mongo_password)@mongo:27017/assay?authSource=assay&w=majority&journal=true"
keep redis_url "redis://:$redis_password@redis:6379/0"
keep rabbitmq_url "amqp://assay:$rabbitmq_password@rabbitmq:5672/"
keep s3_json "{\"identities\": [{\"name\": \"assay\",
  \"credentials\": [{\"accessKey\": \"$(read_back aws_access_key)\", \"secretKey\": \"$(read_back aws_secret_key)\"}],
  \"actions\": [\"Admin:assay\", \"Read:assay\", \"Write:assay\", \"List:assay\", \"Tagging:assay\"]}]}"
chmod 0444 "$folder"/*
