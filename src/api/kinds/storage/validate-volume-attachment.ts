import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required, tooLong } from '../../errors.ts'
import { inclusiveRangeMessage } from '../../names/messages.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type {
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeAttachmentStatus,
  VolumeError,
} from '../../types.generated.ts'
import { validateCsiDriverName } from '../pod-spec/validate-volume-sources.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { unchecked } from '../validation/unchecked.ts'

const METADATA_SIZE_BYTES_MAX = 256 * 1024
const ERROR_SIZE_BYTES_MAX = 1024
const INT32_MAX = 2 ** 31 - 1

/** pkg/apis/storage/validation/validation.go ValidateVolumeAttachment and its update. */
export function* validateAttachment(attachment: VolumeAttachment, old: VolumeAttachment | undefined): Generator<Cause> {
  const { metadata, spec } = attachment
  const { attacher = '', nodeName = '', source = {} } = unchecked(spec)
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateCsiDriverName(attacher, 'spec.attacher')
  yield* validateSource(source)
  yield* invalidFor('spec.nodeName', nodeName, nameIsDnsSubdomain(nodeName))
  yield* validateAttachmentStatus(attachment)
  const { persistentVolumeName: name } = source
  if (name !== undefined) yield* invalidFor('spec.source.persistentVolumeName', name, nameIsDnsSubdomain(name))
  if (old !== undefined) yield* validateImmutable(spec, old.spec, 'spec')
}

export function* validateAttachmentStatus({ status = NO_STATUS }: VolumeAttachment): Generator<Cause> {
  const entries = Object.entries(status.attachmentMetadata ?? {})
  const sizeBytes = entries.reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0)
  if (sizeBytes > METADATA_SIZE_BYTES_MAX) yield tooLong('status.attachmentMetadata', METADATA_SIZE_BYTES_MAX)
  if (status.attachError !== undefined) yield* validateError(status.attachError, 'status.attachError')
  if (status.detachError !== undefined) yield* validateError(status.detachError, 'status.detachError')
}

const NO_STATUS: VolumeAttachmentStatus = { attached: false }

function* validateSource({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource): Generator<Cause> {
  const rule = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined) yield required('spec.source', rule)
  else if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) {
    yield forbiddenField('spec.source', rule)
  } else if (persistentVolumeName === '') {
    yield required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')
  }
}

/** The message that is too long is told the wrong limit upstream, and so here. */
function* validateError({ message = '', errorCode = 0 }: VolumeError, field: string): Generator<Cause> {
  if (Buffer.byteLength(message) > ERROR_SIZE_BYTES_MAX) yield tooLong(`${field}.message`, METADATA_SIZE_BYTES_MAX)
  if (errorCode < 0) yield invalidValue(`${field}.errorCode`, errorCode, inclusiveRangeMessage(0, INT32_MAX))
}
