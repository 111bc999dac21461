package statement

import "strings"

// Reads names the table after each FROM and JOIN of a query. Lists of tables (FROM a, b) are
// not written here.
func Reads(query string) (out []string) {
	isTable := false
	for word := range strings.FieldsSeq(query) {
		word = strings.TrimLeft(word, "(")
		if isTable && word != "SELECT" {
			out = append(out, strings.TrimRight(word, "),"))
		}
		isTable = word == "FROM" || word == "JOIN"
	}
	return out
}

// Writes names the table that a statement changes, "" for one that does not say, and tells
// whether it only adds rows to it.
func Writes(query string) (table string, adds bool) {
	word, rest := nextWord(query)
	switch word {
	case "INSERT":
		if word, rest = nextWord(rest); word != "INTO" {
			return "", false
		}
		adds = true
	case "DELETE":
		if word, rest = nextWord(rest); word != "FROM" {
			return "", false
		}
	case "UPDATE":
	default:
		return "", false
	}
	table, _ = nextWord(rest)
	return table, adds
}

const blanks = " \t\n"

func nextWord(text string) (word, rest string) {
	text = strings.TrimLeft(text, blanks)
	if end := strings.IndexAny(text, blanks); end >= 0 {
		return text[:end], text[end:]
	}
	return text, ""
}
