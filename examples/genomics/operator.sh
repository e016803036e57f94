# What the operator does once: a bucket for all files.
set -e
aws s3 mb s3://genomics
