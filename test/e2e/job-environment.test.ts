/** The variables that the operator gives to jobs. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from '../support/openbatch-server.ts'
import { jobsClient } from './jobs-client.ts'

test('a job finds the lab’s programs by the operator’s PATH, and its own variables win', async () => {
  const programs = mkdtempSync(join(tmpdir(), 'openbatch-programs-'))
  const program = join(programs, 'align-reads')
  writeFileSync(program, '#!/bin/sh\necho "$LAB $SHARED"\n')
  chmodSync(program, 0o755)
  const environment = { PATH: `${programs}:/usr/bin:/bin`, LAB: 'fred', SHARED: 'the operator’s' }
  const env = { OPENBATCH_JOBS_ENVIRONMENT_OF: JSON.stringify({ default: environment }) }
  const server = await startServer({ driver: 'process', env })
  const jobs = jobsClient(server)
  try {
    const jobId = await jobs.submit({ script: '', command: ['align-reads'] })
    await jobs.until(jobId, 'SUCCEEDED')
    expect(await jobs.lines(jobId)).toEqual([`fred ${jobs.shared}`])
  } finally {
    jobs.dispose()
    await server.stop()
    rmSync(programs, { recursive: true })
  }
})
