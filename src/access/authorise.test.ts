/** The table of actions gives AWS's answers. That it covers every operation is proved in edge/. */
import { expect, test } from 'vitest'
import { authorise, rules } from './authorise.ts'
import type { Principal } from './principal.ts'

const account = '123456789012'
const ada: Principal = { name: 'ada', role: 'user', userId: 'AIDAADA' }
const root: Principal = { name: 'root', role: 'admin', userId: 'AIDAROOT' }
const queue = 'arn:aws:batch:us-west-2:123456789012:job-queue/default'

test('users make no queues; administrators do', () => {
  expect(authorise(ada, 'batch:CreateJobQueue', queue, account)).toEqual({
    kind: 'refusal',
    code: 'AccessDeniedException',
    message: `User: arn:aws:iam::123456789012:user/ada is not authorized to perform: batch:CreateJobQueue on resource: ${queue}`,
    httpStatus: 403,
  })
  expect(authorise(root, 'batch:CreateJobQueue', queue, account)).toEqual({ kind: 'allowed' })
  expect(authorise(ada, 'batch:SubmitJob', queue, account)).toEqual({ kind: 'allowed' })
})

test('what creates, updates or deletes anything but jobs and their definitions is an administrator’s', () => {
  const changing = Object.keys(rules).filter((action) => /:(Create|Update|Delete)/.test(action))
  expect(changing.filter((action) => rules[action]!.role !== 'admin')).toEqual(['batch:UpdateServiceJob'])
})

test('users tag jobs and definitions, not what administrators make', () => {
  const tag = (resource: string) => authorise(ada, 'batch:TagResource', resource, account).kind
  expect(tag('arn:aws:batch:us-west-2:123456789012:job/abc')).toBe('allowed')
  expect(tag('arn:aws:batch:us-west-2:123456789012:job-definition/abc:1')).toBe('allowed')
  expect(tag('arn:aws:batch:us-west-2:123456789012:compute-environment/default')).toBe('refusal')
  expect(tag(queue)).toBe('refusal')
  expect(tag('*')).toBe('refusal')
})

test('an unknown action is denied to everybody', () => {
  for (const action of ['batch:Invent', '__proto__', 'constructor', '']) {
    expect(authorise(root, action, '*', account).kind).toBe('refusal')
  }
})
