/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html */
import { deleteGroup as decide } from '../../../../access/identities/decide-group.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

export const deleteGroup = defineOperation('iam', 'DeleteGroup', {
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  handle: ({ GroupName }, context) => change(context, (known) => decide(known, GroupName)),
})
