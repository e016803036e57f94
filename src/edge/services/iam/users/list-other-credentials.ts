/**
 * What openbatch has none of: other kinds of credentials of a user. Terraform asks for them before it
 * deletes a user with `force_destroy`.
 */
import { isRefusal } from '../../../../model/refusal.ts'
import type { RequestContext } from '../../../context.ts'
import { defineOperation } from '../../../operation.ts'
import { arnOfUser } from '../resources.ts'
import { userOf } from '../whose.ts'

interface Asked {
  readonly UserName?: string
}

/** What all of them have in common. */
const ofUser = {
  resource: ({ UserName }: Asked, context: RequestContext) => arnOfUser(context, UserName),
}

/** An empty list, for a user who is there. */
function none<Name extends string>(list: Name) {
  return (input: Asked, context: RequestContext) => {
    const user = userOf(input, context)
    return isRefusal(user)
      ? user
      : ({ [list]: [], IsTruncated: false } as { [Key in Name]: [] } & { IsTruncated: false })
  }
}

export const listMfaDevices = defineOperation('iam', 'ListMFADevices', {
  ...ofUser,
  handle: none('MFADevices'),
})

export const listServiceSpecificCredentials = defineOperation('iam', 'ListServiceSpecificCredentials', {
  ...ofUser,
  handle: none('ServiceSpecificCredentials'),
})

export const listSigningCertificates = defineOperation('iam', 'ListSigningCertificates', {
  ...ofUser,
  handle: none('Certificates'),
})

export const listSshPublicKeys = defineOperation('iam', 'ListSSHPublicKeys', {
  ...ofUser,
  handle: none('SSHPublicKeys'),
})

/** Of the whole account. */
export const listVirtualMfaDevices = defineOperation('iam', 'ListVirtualMFADevices', {
  resource: () => '*',
  handle: () => ({ VirtualMFADevices: [], IsTruncated: false }),
})
