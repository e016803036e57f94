import { expect, test } from 'vitest'
import { computeEnvironmentNotFound, jobQueueDisabled, jobQueueNotFound, nameInReference } from './reference.ts'

const arn = 'arn:aws:batch:us-east-1:111122223333'

test.each([
  ['default', 'job-queue', 'default'],
  [`${arn}:job-queue/default`, 'job-queue', 'default'],
  [`${arn}:compute-environment/spot`, 'compute-environment', 'spot'],
  ['arn:aws:batch:us-west-2:999999999999:job-queue/default', 'job-queue', undefined],
  [`${arn}:job-definition/default`, 'job-queue', undefined],
  ['my queue', 'job-queue', undefined],
  ['', 'job-queue', undefined],
] as const)('%s as a %s', (reference, kind, name) => {
  expect(nameInReference(reference, kind, { account: '111122223333', region: 'us-west-2' })).toBe(name)
})

test('the message for a reference that leads nowhere', () => {
  expect(jobQueueNotFound('default').message).toBe('JobQueue default not found.')
  expect(jobQueueDisabled('default').message).toBe('Job Queue default is not in ENABLED state.')
  expect(computeEnvironmentNotFound('spot').message).toBe('ComputeEnvironment spot not found.')
})
