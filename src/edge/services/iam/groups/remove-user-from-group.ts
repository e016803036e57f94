/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html */
import { removeUserFromGroup as decide } from '../../../../access/identities/decide-group.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder } from '../resources.ts'

/** Needs permission on the group alone, as on AWS. */
export const removeUserFromGroup = defineOperation('iam', 'RemoveUserFromGroup', {
  resource: ({ GroupName }, context) => arnOfHolder(context, 'group', GroupName),
  mentions: ({ UserName }, context) => arnOfHolder(context, 'user', UserName),
  handle: ({ GroupName: groupName, UserName: userName }, context) =>
    change(context, (known) => decide(known, { groupName, userName })),
})
