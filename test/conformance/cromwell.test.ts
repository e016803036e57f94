/**
 * Cromwell's calls against a real server, in the order in which it makes them, on the process
 * driver with our own object store and the job's own credentials.
 */
import { realpathSync } from 'node:fs'
import { describe } from 'vitest'
import { exerciseCromwell } from './workflows/exercise-cromwell.ts'

describe.runIf(process.getuid?.() === 0)('Cromwell’s calls', () =>
  exerciseCromwell({
    // Jobs have a /tmp of their own, where the server's files must not be.
    server: { driver: 'process', directory: '/var/tmp' },
    image: 'debian:12-slim',
    as: 'administrator',
    numbers: [1, 2, 3],
    // A job whose own Node is below /tmp keeps the machine's.
    sharesTmp: realpathSync(process.execPath).startsWith('/tmp/'),
  }),
)
