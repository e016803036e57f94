import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EvaluateOnExit } from '../../model/generated/batch.ts'
import { type FailedAttempt, retryVerdict } from './retry-verdict.ts'

const failed: FailedAttempt = { attemptNumber: 1, exitCode: 1, statusReason: 'Essential container in task exited' }
const hostLost: FailedAttempt = {
  attemptNumber: 1,
  statusReason: 'Host EC2 (instance i-0123456789abcdef0) terminated.',
}
const notPulled: FailedAttempt = {
  attemptNumber: 1,
  reason: 'CannotPullContainerError: no such image',
  statusReason: 'Task failed to start',
}
const spotOnly: EvaluateOnExit[] = [
  { action: 'RETRY', onStatusReason: 'Host EC2*' },
  { action: 'EXIT', onReason: '*' },
]

describe('evaluateOnExit', () => {
  const rows: [what: string, entries: EvaluateOnExit[], attempt: FailedAttempt, verdict: 'RETRY' | 'FAIL'][] = [
    ['no entries: retry', [], failed, 'RETRY'],
    ['no match: retry', [{ action: 'EXIT', onExitCode: '2' }], failed, 'RETRY'],
    ['the exit code in full', [{ action: 'EXIT', onExitCode: '1' }], failed, 'FAIL'],
    ['the exit code by its beginning', [{ action: 'EXIT', onExitCode: '1*' }], { ...failed, exitCode: 137 }, 'FAIL'],
    [
      'no part of an exit code without a star',
      [{ action: 'EXIT', onExitCode: '1' }],
      { ...failed, exitCode: 137 },
      'RETRY',
    ],
    ['a star catches a missing reason', [{ action: 'EXIT', onReason: '*' }], failed, 'FAIL'],
    ['a star catches a missing exit code', [{ action: 'EXIT', onExitCode: '*' }], hostLost, 'FAIL'],
    ['a pattern does not match a missing reason', [{ action: 'EXIT', onReason: 'Cannot*' }], failed, 'RETRY'],
    ['the reason by its beginning', [{ action: 'EXIT', onReason: 'CannotPull*' }], notPulled, 'FAIL'],
    ['case matters', [{ action: 'EXIT', onReason: 'cannotpull*' }], notPulled, 'RETRY'],
    ['all conditions must hold', [{ action: 'EXIT', onReason: 'Cannot*', onExitCode: '1' }], notPulled, 'RETRY'],
    ['an empty condition is none', [{ action: 'EXIT', onReason: '', onExitCode: '1' }], failed, 'FAIL'],
    ['an entry without conditions matches nothing', [{ action: 'EXIT' }], failed, 'RETRY'],
    [
      'the first match decides',
      [
        { action: 'RETRY', onReason: '*' },
        { action: 'EXIT', onReason: '*' },
      ],
      failed,
      'RETRY',
    ],
    ["Nextflow's strategy after a lost host", spotOnly, hostLost, 'RETRY'],
    ["Nextflow's strategy after a failure", spotOnly, failed, 'FAIL'],
    ['the action in lower case', [{ action: 'exit', onExitCode: '1' }], failed, 'FAIL'],
  ]

  test.each(rows)('%s', (_what, evaluateOnExit, attempt, verdict) => {
    expect(retryVerdict({ attempts: 3, evaluateOnExit }, attempt)).toBe(verdict)
  })
})

test('without a strategy there is one attempt', () => {
  expect(retryVerdict(undefined, failed)).toBe('FAIL')
})

const entry = fc.record(
  {
    action: fc.constantFrom('RETRY', 'EXIT', 'retry', 'exit'),
    onReason: fc.constantFrom('*', 'Cannot*', 'OutOf*', ''),
    onStatusReason: fc.constantFrom('*', 'Host EC2*', 'Task failed to start'),
    onExitCode: fc.constantFrom('*', '1', '13*'),
  },
  { requiredKeys: ['action'] },
) as fc.Arbitrary<EvaluateOnExit>

const attempt: fc.Arbitrary<FailedAttempt> = fc.record(
  {
    attemptNumber: fc.integer({ min: 1, max: 12 }),
    exitCode: fc.integer({ min: 1, max: 255 }),
    reason: fc.string(),
    statusReason: fc.string(),
  },
  { requiredKeys: ['attemptNumber', 'statusReason'] },
)

describe('always', () => {
  test('no entry gives more attempts than the strategy allows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(entry), attempt, (attempts, evaluateOnExit, given) => {
        fc.pre(given.attemptNumber >= attempts)
        expect(retryVerdict({ attempts, evaluateOnExit }, given)).toBe('FAIL')
      }),
    )
  })

  test('only an EXIT ends a job that has attempts left', () => {
    fc.assert(
      fc.property(fc.array(entry), attempt, (entries, given) => {
        const evaluateOnExit = entries.filter(({ action }) => action.toUpperCase() === 'RETRY')
        expect(retryVerdict({ attempts: 20, evaluateOnExit }, given)).toBe('RETRY')
      }),
    )
  })

  test('a catch-all EXIT at the head hides later entries', () => {
    fc.assert(
      fc.property(fc.array(entry), attempt, (entries, given) => {
        const evaluateOnExit = [{ action: 'EXIT', onReason: '*' } as const, ...entries]
        expect(retryVerdict({ attempts: 20, evaluateOnExit }, given)).toBe('FAIL')
      }),
    )
  })
})
