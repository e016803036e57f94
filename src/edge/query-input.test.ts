/** A form becomes an input by the shape of its operation. */
import { expect, test } from 'vitest'
import { queryInput } from './query-input.ts'

test('lists and structures are found by the numbers and names of their members', () => {
  expect(
    queryInput('iam', 'CreateUserRequest', {
      ...{ Action: 'CreateUser', Version: '2010-05-08', UserName: 'ada', Unknown: 'x', 'UserName.x': 'y' },
      ...{ 'Tags.member.10.Key': 'c', 'Tags.member.2.Key': 'b', 'Tags.member.2.Value': '', 'Tags.member.1.Key': 'a' },
      ...{ 'Tags.member.0.Key': 'no', 'Tags.member.x.Key': 'no', 'Tags.other.1.Key': 'no' },
    }),
  ).toEqual({ UserName: 'ada', Tags: [{ Key: 'a' }, { Key: 'b', Value: '' }, { Key: 'c' }] })
})

test('an empty list is one that is there, and texts are read by their type', () => {
  const form = { UserName: 'ada', Tags: '' }
  expect(queryInput('iam', 'CreateUserRequest', form)).toEqual({ UserName: 'ada', Tags: [] })
  expect(queryInput('iam', 'ListPoliciesRequest', { MaxItems: '12', OnlyAttached: 'true' })).toEqual({
    ...{ MaxItems: 12, OnlyAttached: true },
  })
  // The check of the input refuses these.
  expect(queryInput('iam', 'ListPoliciesRequest', { MaxItems: '1.5', OnlyAttached: 'yes' })).toEqual({
    ...{ MaxItems: '1.5', OnlyAttached: 'yes' },
  })
})

test('names of objects’ own members are only names', () => {
  const form = { '__proto__.UserName': 'x', 'constructor.member.1': 'x', 'Tags.member.1.__proto__': 'x' }
  expect(queryInput('iam', 'CreateUserRequest', form)).toEqual({ Tags: [{}] })
})

test('EC2 numbers the elements of lists without a word before the number', () => {
  const form = {
    ...{ 'InstanceId.2': 'i-2', 'InstanceId.1': 'i-1', MaxResults: '5', DryRun: 'false' },
    ...{ 'Filter.1.Name': 'tag:Name', 'Filter.1.Value.1': 'a', 'Filter.1.Value.2': 'b', 'InstanceId.member.1': 'no' },
  }
  expect(queryInput('ec2', 'DescribeInstancesRequest', form)).toEqual({
    ...{ InstanceIds: ['i-1', 'i-2'], MaxResults: 5, DryRun: false },
    Filters: [{ Name: 'tag:Name', Values: ['a', 'b'] }],
  })
})
