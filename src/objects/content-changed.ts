/** Another program wrote to the file of an object while it was read. What was read may be of both contents. */
export class ContentChanged extends Error {
  override readonly name = 'ContentChanged'

  constructor() {
    super('the file of the object was changed while it was read')
  }
}
