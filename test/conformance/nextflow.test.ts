/** Nextflow's calls on the process driver. */
import { describe } from 'vitest'
import { exerciseNextflow } from './workflows/exercise-nextflow.ts'

describe.runIf(process.getuid?.() === 0)('Nextflow’s calls on the process driver', () =>
  exerciseNextflow({
    // Scratch space is mounted at /tmp, where the server's files must not be.
    server: { driver: 'process', directory: '/var/tmp' },
    image: 'quay.io/lab/ubuntu:24.04',
  }),
)
