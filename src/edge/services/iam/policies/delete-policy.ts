/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html */
import { deletePolicy as decide } from '../../../../access/identities/decide-managed-policy.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'

export const deletePolicy = defineOperation('iam', 'DeletePolicy', {
  resource: ({ PolicyArn }) => PolicyArn,
  handle: ({ PolicyArn }, context) => change(context, (known, occasion) => decide(known, PolicyArn, occasion)),
})
