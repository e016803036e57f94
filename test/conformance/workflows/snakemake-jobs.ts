import { cachedWheel } from './installed.ts'

/** Every job installs the storage plugin with pip: here from a folder, without what it needs, which is there. */
export const snakemakeEnvironment = () => ({
  PIP_NO_DEPS: '1',
  PIP_NO_INDEX: '1',
  PIP_FIND_LINKS: cachedWheel('snakemake', 'snakemake-storage-plugin-s3'),
})
