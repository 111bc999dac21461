package sandbox

import "hawker/internal/base/lang"

// payText is the words of the pay page.
type payText struct {
	Banner, Number, Status, Expires, Approve, Decline, Late, LateHint, ClosedHint, Scenario, Back, waiting string

	statuses, scenarios map[string]string
}

func textIn(tag lang.Tag) payText {
	if tag == lang.English {
		return payText{
			Banner: "Test payment. No money moves.", Number: "Order number", Status: "Status", Expires: "Pay by",
			Approve: "Approve payment", Decline: "Decline payment", Late: "Pay late",
			LateHint:   "Pay late: the money arrives after the payment has expired.",
			ClosedHint: "This payment is closed. Money can still arrive late, as with real providers.",
			Scenario:   "Then misbehave by", Back: "Back to the merchant",
			waiting: "Paid late: the money arrives after expiry",
			statuses: map[string]string{
				StatusPending: "Waiting for payment", StatusSucceeded: "Paid", StatusFailed: "Declined",
				StatusClosed: "Closed",
			},
			scenarios: map[string]string{
				"": "nothing, all is well", ScenarioDuplicate: "notifying three times", ScenarioSilent: "not notifying",
				ScenarioWrongAmount: "naming a wrong amount", ScenarioBadSignature: "signing wrongly at first",
				ScenarioOldTimestamp: "sending an old message at first",
			},
		}
	}
	return payText{
		Banner: "测试支付，不会产生真实扣款。", Number: "商户订单号", Status: "状态", Expires: "请在此前支付",
		Approve: "确认支付", Decline: "拒绝支付", Late: "逾期支付",
		LateHint:   "逾期支付：款项会在支付过期之后到账。",
		ClosedHint: "该支付已关闭。与真实渠道一样，款项仍可能迟到。",
		Scenario:   "并模拟异常", Back: "返回商户", waiting: "已选择逾期支付：过期后到账",
		statuses: map[string]string{
			StatusPending: "待支付", StatusSucceeded: "已支付", StatusFailed: "已拒绝", StatusClosed: "已关闭",
		},
		scenarios: map[string]string{
			"": "无，一切正常", ScenarioDuplicate: "通知三次", ScenarioSilent: "不发通知", ScenarioWrongAmount: "通知金额错误",
			ScenarioBadSignature: "首次通知签名错误", ScenarioOldTimestamp: "首次通知时间过旧",
		},
	}
}
