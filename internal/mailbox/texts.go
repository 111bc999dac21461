package mailbox

import (
	"strings"

	"hawker/internal/base/lang"
	"hawker/internal/platform/mail"
)

// words are one letter's; {mall} is the installation's name, {1} what the letter is about.
type words struct{ subject, text string }

// texts are the letters by what they say.
func texts(tag lang.Tag) map[string]words {
	if tag == lang.English {
		return map[string]words{
			"register": {"Confirm your account at {mall}", "Somebody, probably you, wants an account at {mall} with " +
				"this address. Open this link within a day and it is yours:\n\n{1}\n\nIf it was not you, do nothing."},
			"have_account": {"You have an account at {mall}", "Somebody, probably you, wanted to register at {mall} " +
				"with this address. There is an account already. Sign in, or choose another password there:\n\n{1}" +
				"\n\nIf it was not you, do nothing."},
			"verify": {"Confirm your e-mail address", "Open this link within a day to confirm that this is your " +
				"address at {mall}:\n\n{1}"},
			"change": {"Confirm your new e-mail address", "Open this link within a day and this is your address at " +
				"{mall}:\n\n{1}\n\nIf you did not ask for it, do nothing."},
			"moved": {"Your e-mail address was changed", "Your account at {mall} has another address now: {1}. If it " +
				"was not you, write to the mall's operator at once."},
			"recover": {"Choose another password", "Somebody, probably you, forgot the password at {mall}. Open this " +
				"link within 30 minutes to choose another:\n\n{1}\n\nIf it was not you, do nothing: your password " +
				"is as it was."},
			"password": {"Your password was changed", "Your password at {mall} was changed and you were signed out " +
				"elsewhere. If it was not you, choose another by \"Forgot password\" at once."},
			"factor_on": {"Two-step sign-in is on", "Your account at {mall} now asks for a code when you sign in. " +
				"If it was not you, write to the mall's operator at once."},
			"factor_off": {"Two-step sign-in is off", "Your account at {mall} no longer asks for a code when you " +
				"sign in. If it was not you, change your password at once."},
		}
	}
	return map[string]words{
		"register": {"确认你在{mall}的账号", "有人（多半是你）用这个邮箱在{mall}注册。请在 24 小时内打开下面的链接完成注册：\n\n{1}\n\n" +
			"如果不是你，请忽略这封邮件。"},
		"have_account": {"你在{mall}已有账号", "有人（多半是你）想用这个邮箱在{mall}注册，但它已经有账号了。请直接登录，或在那里重设密码：" +
			"\n\n{1}\n\n如果不是你，请忽略这封邮件。"},
		"verify": {"确认你的邮箱", "请在 24 小时内打开下面的链接，确认这是你在{mall}的邮箱：\n\n{1}"},
		"change": {"确认你的新邮箱", "请在 24 小时内打开下面的链接，把它设为你在{mall}的邮箱：\n\n{1}\n\n如果不是你要改的，请忽略这封邮件。"},
		"moved":  {"你的邮箱已更改", "你在{mall}的账号邮箱已改为 {1}。如果不是你改的，请立即联系商城管理员。"},
		"recover": {"重设密码", "有人（多半是你）忘记了{mall}的密码。请在 30 分钟内打开下面的链接设置新密码：\n\n{1}\n\n" +
			"如果不是你，请忽略这封邮件，密码不会改变。"},
		"password":   {"你的密码已更改", "你在{mall}的密码已更改，其他设备已退出登录。如果不是你改的，请立即用“忘记密码”重设。"},
		"factor_on":  {"两步验证已开启", "你在{mall}登录时将需要验证码。如果不是你开启的，请立即联系商城管理员。"},
		"factor_off": {"两步验证已关闭", "你在{mall}登录时不再需要验证码。如果不是你关闭的，请立即更改密码。"},
	}
}

// letter writes one; about is what it is about, where it is about anything.
func (s *Service) letter(what string, tag lang.Tag, to, mall string, about ...string) mail.Letter {
	w := texts(tag)[what]
	fill := strings.NewReplacer("{mall}", mall, "{1}", strings.Join(about, ""))
	return mail.Letter{To: to, Subject: fill.Replace(w.subject), Text: fill.Replace(w.text) + "\n"}
}
