# The workflow with Snakemake, whose files are all in the object store.
set -e
snakemake --workflow-profile profile --container-image "$GENOMICS_IMAGE"
