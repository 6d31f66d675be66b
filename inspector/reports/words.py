"""The words of a report, in English and Chinese. English is the key."""

from __future__ import annotations

LANGUAGES = ("en", "zh_CN")

_CHINESE = {
    "Inspection report": "检验报告",
    "Period": "时段",
    "Parts": "工件数",
    "Passed": "合格",
    "Failed": "不合格",
    "Review": "待复检",
    "Errors": "错误",
    "Rejects": "剔除",
    "Share of rejects": "剔除率",
    "95 % interval": "95 % 区间",
    "First-pass yield": "一次合格率",
    "Final yield": "最终合格率",
    "Override rate": "改判率",
    "False rejects confirmed": "确认误剔",
    "Passed parts found bad": "放行后发现不良",
    "Corrected by the station": "站点更正",
    "Confirmed": "已确认",
    "Known bad parts": "挑战件",
    "Known bad parts passed": "挑战件漏检",
    "Total": "合计",
    "Product": "产品",
    "Day": "日期",
    "Shift": "班次",
    "Station": "工位",
    "By product": "按产品",
    "By day": "按日期",
    "By shift": "按班次",
    "By station": "按工位",
    "Pareto of rejects": "剔除原因柏拉图",
    "Class": "类别",
    "Count": "数量",
    "Cumulative": "累计",
    "p chart": "p 控制图",
    "Group": "组",
    "Lower limit": "下限",
    "Upper limit": "上限",
    "Signal": "信号",
    "Centre line": "中心线",
    "Yield": "合格率",
    "Rejects by hour of the day": "按小时的剔除数",
    "Hour": "小时",
    "Recipes and models in force": "使用的配方与模型",
    "Recipe": "配方",
    "Model package": "模型包",
    "above the upper limit": "超出上限",
    "below the lower limit": "低于下限",
    "eight in a row on one side": "连续八点在同侧",
    "No part was inspected in this period.": "此时段没有检验工件。",
    "Points out of control": "失控点",
    "none": "无",
}


def word(text: str, language: str) -> str:
    """Return a text of the report in a language; the English where it has none."""
    return _CHINESE.get(text, text) if language == "zh_CN" else text
