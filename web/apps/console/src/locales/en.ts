import { featureMessages } from '@hawker/ui'
import ui from '../../../../packages/ui/src/locales/en.json'

const files = import.meta.glob(['../features/*/locales/en.json', '../shared/locales/en.json'], {
  eager: true,
  import: 'default',
})

export default { ui, ...featureMessages(files) }
