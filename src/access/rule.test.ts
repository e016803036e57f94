/** Rules give AWS's answers. Tests in `edge/` show that every operation has the right rule. */
import { expect, test } from 'vitest'
import type { Principal } from './principal.ts'
import { administrators, authorise, type Rule, users, usersOnTheirOwn } from './rule.ts'

const account = '123456789012'
const ada: Principal = { name: 'ada', role: 'user', userId: 'AIDAADA' }
const root: Principal = { name: 'root', role: 'admin', userId: 'AIDAROOT' }
const queue = 'arn:aws:batch:us-west-2:123456789012:job-queue/default'

function ask(principal: Principal, action: string, rule: Rule, resource = queue) {
  return authorise(principal, { action, rule, resource }, account)
}

test('users cannot make queues; administrators can', () => {
  expect(ask(ada, 'batch:CreateJobQueue', administrators)).toEqual({
    kind: 'refusal',
    code: 'AccessDeniedException',
    message: `User: arn:aws:iam::123456789012:user/ada is not authorized to perform: batch:CreateJobQueue on resource: ${queue}`,
    httpStatus: 403,
  })
  expect(ask(root, 'batch:CreateJobQueue', administrators)).toEqual({ kind: 'allowed' })
  expect(ask(ada, 'batch:SubmitJob', users)).toEqual({ kind: 'allowed' })
})

test('users tag jobs and definitions, but not what administrators make', () => {
  const tag = (resource: string) => ask(ada, 'batch:TagResource', usersOnTheirOwn, resource).kind
  expect(tag('arn:aws:batch:us-west-2:123456789012:job/abc')).toBe('allowed')
  expect(tag('arn:aws:batch:us-west-2:123456789012:job-definition/abc:1')).toBe('allowed')
  expect(tag('arn:aws:batch:us-west-2:123456789012:compute-environment/default')).toBe('refusal')
  expect(tag(queue)).toBe('refusal')
  expect(tag('*')).toBe('refusal')
})
