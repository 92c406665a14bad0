import type { Output } from '../command.ts'
import type { ExternalQuestion } from './access.ts'
import { labelled } from './layout.ts'
import { placeText } from './places.ts'

/** Who has to agree as well. A tool cannot know whether they do. */
export function questionsText(label: string, questions: readonly ExternalQuestion[], out: Output): readonly string[] {
  return questions.flatMap(({ provider, over, at, policy, rule, place }) => {
    const where = place === undefined ? '' : `, ${placeText(place)}`
    return [
      ...labelled(label, `${provider} agrees, which is not asked here: ${over} at ${at}`, out),
      ...labelled('', `rule ${rule} of ${policy} has it asked${where}`, out),
    ]
  })
}
