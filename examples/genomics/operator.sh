# What the operator does once for the user $1: a bucket for all files, and a role for Snakemake's jobs, which the user may give them.
set -e
aws s3 mb s3://genomics
openbatch role add genomics
openbatch policy add genomics-objects policy.json
openbatch role attach genomics genomics-objects
openbatch policy add genomics-role pass-role.json
openbatch user attach "$1" genomics-role
