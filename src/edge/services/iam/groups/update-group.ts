/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html */
import { updateGroup as decide } from '../../../../access/identities/decide-group.ts'
import { defineOperation } from '../../../operation.ts'
import { change } from '../change.ts'
import { arnOfHolder, arnOfNew } from '../resources.ts'

/** Needs permission on the group as it is and as it will be. */
export const updateGroup = defineOperation('iam', 'UpdateGroup', {
  resource({ GroupName, NewGroupName = GroupName, NewPath }, context) {
    const path = NewPath ?? context.backend.identities.current().named('group', GroupName)?.path
    return [arnOfHolder(context, 'group', GroupName), arnOfNew(context, 'group', NewGroupName, path)]
  },
  handle({ GroupName: groupName, NewGroupName: newGroupName, NewPath: newPath }, context) {
    const given = {
      ...{ groupName },
      ...(newGroupName !== undefined && { newGroupName }),
      ...(newPath !== undefined && { newPath }),
    }
    return change(context, (known) => decide(known, given))
  },
})
