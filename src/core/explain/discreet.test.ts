import { expect, test } from 'vitest'
import { discreetReason } from './discreet.ts'
import { type WaitReason, waitText } from './wait-reason.ts'

const wanted = { vcpus: 1, memoryMib: 64, gpus: 0 }
const hides = (jobId: string) => jobId.startsWith('theirs')
const busy: Extract<WaitReason, { kind: 'hostsBusy' }> = {
  kind: 'hostsBusy',
  computeEnvironment: 'ce',
  wanted,
  largestFree: { vcpus: 0, memoryMib: 0, gpus: 0 },
}

test.each<[WaitReason, string]>([
  [
    { ...busy, holders: ['theirs-1', 'mine-1'], moreHolders: 7 },
    'Waiting for capacity: needs 1 vCPU and 64 MiB; the host with the most room has 0 vCPU and 0 MiB free. Held by mine-1.',
  ],
  [
    { ...busy, holders: ['theirs-1'] },
    'Waiting for capacity: needs 1 vCPU and 64 MiB; the host with the most room has 0 vCPU and 0 MiB free.',
  ],
  [
    { kind: 'roomReserved', of: 'hosts', computeEnvironment: 'ce', forJobId: 'theirs-1', wanted },
    'Waiting for capacity: what is free is kept for a job of another user, which is ahead.',
  ],
  [
    {
      ...{ kind: 'behind', position: 12, headJobId: 'theirs-1', head: busy },
      share: { shareIdentifier: 's', usedVcpus: 3, inUseVcpus: 2, weight: 1 },
    },
    'Waiting for its turn: behind a job of another user.',
  ],
  [{ kind: 'behind', position: 12, headJobId: 'mine-1', head: undefined }, 'Waiting for its turn: behind job mine-1.'],
  [
    { kind: 'dependencies', jobs: [{ jobId: 'theirs-1', status: 'RUNNING' }], more: 0, stopping: false },
    'Waiting for jobs it depends on: theirs-1.',
  ],
])('%o names no job of another', (reason, text) => {
  expect(waitText(discreetReason(reason, hides))).toBe(text)
  expect(JSON.stringify(discreetReason(reason, hides))).not.toMatch(/position|moreHolders|usedVcpus/)
})
