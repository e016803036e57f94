/** The characters that names may have (docs/aws §1.4). `limits.nameLength` holds the lengths. */

/** Job definitions, job queues, compute environments and the other named resources. */
export function isResourceName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(text)
}

/** Like a resource name, but the first character must be a letter or a digit. */
export function isJobName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(text)
}

/** AWS documents share identifiers as alphanumeric. The live service accepts `-` and `_` too. */
export function isShareIdentifier(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(text)
}

/** Volumes and the containers of a task. */
export function isVolumeName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(text)
}
