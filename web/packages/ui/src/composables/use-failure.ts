import { useText } from '../i18n'
import { useToast } from './use-toast'

/** useFailure turns an error into words: the server's own (already translated), else the plain network sentence. */
export function useFailure() {
  const { t } = useText()
  const toast = useToast()
  const text = (error: unknown) => (error instanceof Error && error.message) || t('ui.errorText')
  return { text, show: (error: unknown) => toast.fail(text(error)) }
}
