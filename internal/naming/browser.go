package naming

import "strings"

// Browser says what a program is that calls itself so: "Chrome · Android". It helps
// somebody to know their own browsers and proves nothing.
func Browser(agent string) string {
	browser := first(agent, "MicroMessenger", "WeChat", "Edg", "Edge", "OPR/", "Opera", "Firefox", "Firefox", "FxiOS",
		"Firefox", "CriOS", "Chrome", "Chrome/", "Chrome", "Safari/", "Safari")
	system := first(agent, "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X",
		"macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " · " + system
	case browser+system != "":
		return browser + system
	}
	name, _, _ := strings.Cut(agent, " ")
	name = strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r
		}
		return -1
	}, name)
	return name[:min(len(name), 32)]
}

// first answers the word beside the first sign that a text has.
func first(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if strings.Contains(text, pairs[i]) {
			return pairs[i+1]
		}
	}
	return ""
}
