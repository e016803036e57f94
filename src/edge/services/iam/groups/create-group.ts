/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html */
import { createGroup as decide } from '../../../../access/identities/decide-group.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { groupAnswer } from '../answers.ts'
import { change } from '../change.ts'
import { arnOfNew } from '../resources.ts'

export const createGroup = defineOperation('iam', 'CreateGroup', {
  resource: ({ GroupName, Path }, context) => arnOfNew(context, 'group', GroupName, Path),
  handle({ GroupName: groupName, Path: path }, context) {
    const given = { groupName, ...(path !== undefined && { path }) }
    const group = change(context, (known, occasion) => decide(known, given, occasion))
    return isRefusal(group) ? group : { Group: groupAnswer(context.backend.account, group) }
  },
})
