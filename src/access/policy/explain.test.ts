import { expect, test } from 'vitest'
import { explainDecision } from './explain.ts'

const asked = { user: 'jdoe', action: 'batch:CreateJobQueue', resource: '*' }
const by = { policy: 'OpenBatchUser', statement: 'See' }

test('a decision names the statement that made it', () => {
  expect(explainDecision({ kind: 'allowed', by }, asked)).toEqual([
    'jdoe may: batch:CreateJobQueue on * is allowed by statement See of OpenBatchUser',
  ])
  expect(explainDecision({ kind: 'denied', by }, asked)).toEqual([
    'jdoe may not: batch:CreateJobQueue on * is denied by statement See of OpenBatchUser, whatever else allows it',
  ])
})

test('where none decides, it names those that came near', () => {
  const nearly = [
    { ...by, missed: 'resource' },
    { ...by, missed: 'condition', condition: 'Bool aws:SecureTransport' },
  ] as const
  expect(explainDecision({ kind: 'notAllowed', nearly }, asked)).toEqual([
    'jdoe may not: no policy of jdoe allows batch:CreateJobQueue on *',
    'statement See of OpenBatchUser allows the action, but on other resources',
    'statement See of OpenBatchUser would allow it, but its condition Bool aws:SecureTransport does not hold',
  ])
})
