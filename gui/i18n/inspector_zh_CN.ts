<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>Actions</name>
    <message>
        <source>Start / stop</source>
        <translation>启动 / 停止</translation>
    </message>
    <message>
        <source>Trigger</source>
        <translation>触发</translation>
    </message>
    <message>
        <source>Confirm</source>
        <translation>确认</translation>
    </message>
    <message>
        <source>Override</source>
        <translation>改判</translation>
    </message>
    <message>
        <source>Why?</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>热力图</translation>
    </message>
    <message>
        <source>Next review</source>
        <translation>下一个待复核</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>Look at an older reject</source>
        <translation>查看更早的不良品</translation>
    </message>
    <message>
        <source>Look at a newer reject</source>
        <translation>查看更新的不良品</translation>
    </message>
    <message>
        <source>Close, or back to the live part</source>
        <translation>关闭，或返回当前工件</translation>
    </message>
    <message>
        <source>Acknowledge a fault or caution</source>
        <translation>确认故障或提醒</translation>
    </message>
    <message>
        <source>Guarantee in full</source>
        <translation>保证的完整说明</translation>
    </message>
    <message>
        <source>Challenge with known bad parts</source>
        <translation>用已知不良件做挑战验证</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Reports</source>
        <translation>报表</translation>
    </message>
    <message>
        <source>Exchange live and judged picture</source>
        <translation>互换实时画面与判定画面</translation>
    </message>
    <message>
        <source>Next view of the part</source>
        <translation>工件的下一个视图</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>Whole picture</source>
        <translation>显示全图</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Light / dark</source>
        <translation>浅色 / 深色</translation>
    </message>
    <message>
        <source>Operator</source>
        <translation>操作员</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>全屏</translation>
    </message>
    <message>
        <source>Open a recipe</source>
        <translation>打开配方</translation>
    </message>
    <message>
        <source>Stop and quit</source>
        <translation>停止并退出</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Judge again</source>
        <translation>重新判定</translation>
    </message>
    <message>
        <source>By another model</source>
        <translation>用其他模型判定</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Search again</source>
        <translation>重新搜索</translation>
    </message>
    <message>
        <source>Next part of the list</source>
        <translation>列表中的下一个工件</translation>
    </message>
    <message>
        <source>Part before in the list</source>
        <translation>列表中的上一个工件</translation>
    </message>
    <message>
        <source>Count again</source>
        <translation>重新统计</translation>
    </message>
    <message>
        <source>Save the report</source>
        <translation>保存报表</translation>
    </message>
    <message>
        <source>Earlier period</source>
        <translation>上一时段</translation>
    </message>
    <message>
        <source>Label is right</source>
        <translation>标签正确</translation>
    </message>
    <message>
        <source>Take the suggestion</source>
        <translation>采用建议</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>Flag</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Select</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>掩膜</translation>
    </message>
    <message>
        <source>Queues</source>
        <translation>队列</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Class by its name, also a new one</source>
        <translation>按名称给类别,也可新建</translation>
    </message>
    <message>
        <source>Draw the mask</source>
        <translation>绘制掩膜</translation>
    </message>
    <message>
        <source>Select everything shown</source>
        <translation>选择全部显示的图像</translation>
    </message>
    <message>
        <source>Filters</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation>清除筛选</translation>
    </message>
    <message>
        <source>Second opinion, blind</source>
        <translation>盲评第二意见</translation>
    </message>
    <message>
        <source>Look for wrong labels</source>
        <translation>查找错误标签</translation>
    </message>
    <message>
        <source>Larger thumbnails</source>
        <translation>放大缩略图</translation>
    </message>
    <message>
        <source>Smaller thumbnails</source>
        <translation>缩小缩略图</translation>
    </message>
    <message>
        <source>Next page</source>
        <translation>下一页面</translation>
    </message>
    <message>
        <source>Close, or let the selection go</source>
        <translation>关闭,或取消选择</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>橡皮擦</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Fill an outline</source>
        <translation>填充轮廓</translation>
    </message>
    <message>
        <source>Smaller brush</source>
        <translation>缩小画笔</translation>
    </message>
    <message>
        <source>Larger brush</source>
        <translation>放大画笔</translation>
    </message>
    <message>
        <source>Clear the mask</source>
        <translation>清空掩膜</translation>
    </message>
    <message>
        <source>Everything is defect</source>
        <translation>全部为缺陷</translation>
    </message>
    <message>
        <source>Close the polygon, or save</source>
        <translation>闭合多边形，或保存</translation>
    </message>
    <message>
        <source>Save the mask</source>
        <translation>保存掩膜</translation>
    </message>
    <message>
        <source>Take back the last corner</source>
        <translation>撤回上一个顶点</translation>
    </message>
    <message>
        <source>Show or hide the mask</source>
        <translation>显示或隐藏掩膜</translation>
    </message>
    <message>
        <source>Forget what is begun, or leave</source>
        <translation>放弃未完成的图形，或离开</translation>
    </message>
</context>
<context>
    <name>AgreementPanel</name>
    <message>
        <source>Agreement</source>
        <translation>一致性</translation>
    </message>
    <message>
        <source>Blind opinions only</source>
        <translation>仅盲评</translation>
    </message>
    <message>
        <source>Give blind second opinions</source>
        <translation>进行盲评</translation>
    </message>
    <message>
        <source>Conflicts</source>
        <translation>分歧</translation>
    </message>
    <message>
        <source>Look at it</source>
        <translation>查看图像</translation>
    </message>
    <message>
        <source>Who</source>
        <translation>评审人</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像数</translation>
    </message>
    <message>
        <source>Same class (95 %)</source>
        <translation>类别相同（95 %）</translation>
    </message>
    <message>
        <source>Kappa (95 %)</source>
        <translation>Kappa（95 %）</translation>
    </message>
    <message>
        <source>from chance (0) to always (1)</source>
        <translation>从偶然（0）到完全一致（1）</translation>
    </message>
    <message>
        <source>Kappa is agreement beyond chance: Cohen&apos;s for two, Fleiss&apos; for all. Choose a row.</source>
        <translation>Kappa 表示超出偶然的一致程度：两人用 Cohen，多人用 Fleiss。请选择一行。</translation>
    </message>
    <message>
        <source>No image was judged by two people yet, or by one twice. A blind second opinion on a sample shows how far labels can be trusted.</source>
        <translation>还没有图像被两个人评审过，也没有被同一人评审两次。对一个样本进行盲评，可以看出标签有多可信。</translation>
    </message>
    <message>
        <source>Everybody ({count} per image, Fleiss)</source>
        <translation>全体（每张图像 {count} 人，Fleiss）</translation>
    </message>
    <message>
        <source>{name}, the same image again</source>
        <translation>{name}，同一图像再评</translation>
    </message>
    <message>
        <source>{first}: rows what was said first, columns what was said again</source>
        <translation>{first}：行为第一次的判断，列为再次的判断</translation>
    </message>
    <message>
        <source>Rows what {first} said, columns what {second} said</source>
        <translation>行为 {first} 的判断，列为 {second} 的判断</translation>
    </message>
    <message>
        <source>no class yet</source>
        <translation>尚无类别</translation>
    </message>
    <message>
        <source>{name}   label {label}
{said}</source>
        <translation>{name}   标签 {label}
{said}</translation>
    </message>
    <message>
        <source>Nobody differs on any image.</source>
        <translation>所有图像均无分歧。</translation>
    </message>
    <message>
        <source>You are one of those who differ: somebody who has not judged the image decides.</source>
        <translation>您是意见不同者之一：须由未评审过该图像的人裁定。</translation>
    </message>
    <message>
        <source>Look at the image, then decide; the label becomes what you say.</source>
        <translation>请先查看图像再裁定；标签将以您的裁定为准。</translation>
    </message>
</context>
<context>
    <name>Amendment</name>
    <message>
        <source>confirmed by {who}, {time}</source>
        <translation>{who} 于 {time} 确认</translation>
    </message>
    <message>
        <source>overridden to {verdict} by {who}, {time}: {reason}</source>
        <translation>{who} 于 {time} 改判为{verdict}：{reason}</translation>
    </message>
    <message>
        <source>corrected by the station, {time}: {reason}</source>
        <translation>工位于 {time} 更正：{reason}</translation>
    </message>
</context>
<context>
    <name>Attendance</name>
    <message>
        <source>{name} is logged in as {role}.</source>
        <translation>{name} 已以{role}身份登录。</translation>
    </message>
    <message>
        <source>{name} was idle and is logged out. Inspection goes on.</source>
        <translation>{name} 长时间未操作，已退出登录。检测继续进行。</translation>
    </message>
</context>
<context>
    <name>AuditRun</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Looking for wrong labels: {done} of {total}, about {seconds} s left</source>
        <translation>正在查找错误标签:{done}/{total},约剩 {seconds} 秒</translation>
    </message>
    <message>
        <source>Looking for wrong labels …</source>
        <translation>正在查找错误标签……</translation>
    </message>
    <message>
        <source>The audit ended with code {code}.</source>
        <translation>审查以代码 {code} 结束。</translation>
    </message>
</context>
<context>
    <name>BandCard</name>
    <message>
        <source>good</source>
        <translation>良品</translation>
    </message>
    <message>
        <source>defective</source>
        <translation>不良件</translation>
    </message>
    <message>
        <source>defective: escapes</source>
        <translation>不良件：漏检</translation>
    </message>
    <message>
        <source>good: overkill</source>
        <translation>良品：过杀</translation>
    </message>
    <message>
        <source>share of its kind, with its exact 95 % interval</source>
        <translation>占同类工件的比例及其精确 95 % 区间</translation>
    </message>
</context>
<context>
    <name>BarsChart</name>
    <message>
        <source>{label}
{count} rejects, {false} of them overridden to PASS
cumulative {cumulative}</source>
        <translation>{label}
剔除 {count}，其中 {false} 改判为合格
累计 {cumulative}</translation>
    </message>
    <message>
        <source>{hour}:00
{count} rejects</source>
        <translation>{hour}:00
剔除 {count}</translation>
    </message>
</context>
<context>
    <name>CameraPage</name>
    <message>
        <source>No model package is chosen.</source>
        <translation>尚未选择模型包。</translation>
    </message>
    <message>
        <source>Choose the folder that `inspector train … --out` wrote, or try the demo line first.</source>
        <translation>请选择 `inspector train … --out` 生成的文件夹，或先试用演示线。</translation>
    </message>
    <message>
        <source>Open a camera</source>
        <translation>打开相机</translation>
    </message>
    <message>
        <source>Pictures from</source>
        <translation>图像来源</translation>
    </message>
    <message>
        <source>Judged by</source>
        <translation>判定模型</translation>
    </message>
    <message>
        <source>A part is there</source>
        <translation>工件到位</translation>
    </message>
    <message>
        <source>Every</source>
        <translation>间隔</translation>
    </message>
    <message>
        <source>Product</source>
        <translation>产品</translation>
    </message>
    <message>
        <source>when the operator says so (Space)</source>
        <translation>由操作员触发（空格键）</translation>
    </message>
    <message>
        <source>when something comes into the picture</source>
        <translation>画面中出现工件时</translation>
    </message>
    <message>
        <source>by the clock</source>
        <translation>按固定时间</translation>
    </message>
    <message>
        <source>camera, rtsp://address, video file or picture folder</source>
        <translation>相机、rtsp:// 地址、视频文件或图片文件夹</translation>
    </message>
    <message>
        <source>folder of a model package</source>
        <translation>模型包文件夹</translation>
    </message>
    <message>
        <source>name of the product</source>
        <translation>产品名称</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Take a test picture</source>
        <translation>拍一张测试图</translation>
    </message>
    <message>
        <source>Make the recipe and open it</source>
        <translation>生成配方并打开</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>The test picture will stand here.</source>
        <translation>测试图将显示在这里。</translation>
    </message>
    <message>
        <source>Picture folder</source>
        <translation>图片文件夹</translation>
    </message>
    <message>
        <source>Model package</source>
        <translation>模型包</translation>
    </message>
    <message>
        <source>Waiting for the camera …</source>
        <translation>正在等待相机…</translation>
    </message>
    <message>
        <source>No picture.</source>
        <translation>没有图像。</translation>
    </message>
</context>
<context>
    <name>Cautions</name>
    <message>
        <source>The camera is sick</source>
        <translation>相机状态异常</translation>
    </message>
    <message>
        <source>The parts have become worse</source>
        <translation>工件质量变差</translation>
    </message>
    <message>
        <source>The guarantee does not hold</source>
        <translation>保证已失效</translation>
    </message>
    <message>
        <source>A model package could not be put to work</source>
        <translation>模型包未能投入使用</translation>
    </message>
    <message>
        <source>Model or recipe is not signed</source>
        <translation>模型或配方未签名</translation>
    </message>
    <message>
        <source>Pictures of parts are no longer kept</source>
        <translation>工件图像不再保存</translation>
    </message>
    <message>
        <source>The record&apos;s proof is not kept elsewhere</source>
        <translation>记录凭证未能异地保存</translation>
    </message>
    <message>
        <source>The centre cannot be reached</source>
        <translation>无法连接中心服务器</translation>
    </message>
    <message>
        <source>The PC&apos;s clock jumped</source>
        <translation>电脑时钟发生跳变</translation>
    </message>
    <message>
        <source>The usual processor failed, the CPU judges</source>
        <translation>常用处理器故障，由 CPU 判定</translation>
    </message>
    <message>
        <source>Clean lens and lamp; check focus, mounting and light. The parts need not be bad.</source>
        <translation>清洁镜头和光源；检查对焦、安装和照明。工件不一定有问题。</translation>
    </message>
    <message>
        <source>The picture is in order. Look at the last rejects, and check tool and material.</source>
        <translation>图像正常。请查看最近的不良品，并检查刀具和材料。</translation>
    </message>
    <message>
        <source>The accepted risk is no longer proven. Call the quality engineer.</source>
        <translation>可接受的风险不再有证明。请联系质量工程师。</translation>
    </message>
    <message>
        <source>The package before goes on judging. Call the engineer.</source>
        <translation>仍由之前的模型包判定。请联系工程师。</translation>
    </message>
    <message>
        <source>Nobody vouches for it. Have an engineer check and sign it.</source>
        <translation>没有人为其担保。请工程师检查并签名。</translation>
    </message>
    <message>
        <source>Every decision is still recorded. Free disk space, or change how long pictures are kept.</source>
        <translation>每个判定仍会记录。请清理磁盘空间，或更改图像保存期限。</translation>
    </message>
    <message>
        <source>The record itself is safe. Check the shared folder or the syslog server.</source>
        <translation>记录本身是安全的。请检查共享文件夹或 syslog 服务器。</translation>
    </message>
    <message>
        <source>Nothing is lost: the records wait here and are sent later. Check the network.</source>
        <translation>没有丢失：记录在此等待，稍后发送。请检查网络。</translation>
    </message>
    <message>
        <source>Order and deadlines are not affected. Check the PC&apos;s time service.</source>
        <translation>顺序和时限不受影响。请检查电脑的时间服务。</translation>
    </message>
    <message>
        <source>Verdicts stay right; late parts are rejected. Restart the PC at the end of the shift.</source>
        <translation>判定仍然正确；超时的工件会被剔除。请在班次结束后重启电脑。</translation>
    </message>
</context>
<context>
    <name>Cells</name>
    <message>
        <source>The picture cannot be read.</source>
        <translation>无法读取图像。</translation>
    </message>
</context>
<context>
    <name>Challenge</name>
    <message>
        <source>The station was started.</source>
        <translation>工位刚启动。</translation>
    </message>
    <message>
        <source>A shift begins.</source>
        <translation>新班次开始。</translation>
    </message>
    <message>
        <source>Recipe or model package changed.</source>
        <translation>配方或模型包已更换。</translation>
    </message>
    <message>
        <source>Somebody asked for it.</source>
        <translation>由人员要求。</translation>
    </message>
</context>
<context>
    <name>ChallengePanel</name>
    <message>
        <source>Challenge: put a known bad part before the camera</source>
        <translation>挑战验证：请把一个已知不良件放到相机前</translation>
    </message>
    <message>
        <source>Nothing is released meanwhile.</source>
        <translation>在此期间不放行任何工件。</translation>
    </message>
    <message>
        <source>✕ Known bad part {part} was called PASS!</source>
        <translation>✕ 已知不良件 {part} 被判为合格！</translation>
    </message>
    <message>
        <source>The count begins anew: {wanted} known bad parts in a row must be rejected, and nothing is released. If it happens again, stop the line and call the quality engineer.</source>
        <translation>重新计数：必须连续剔除 {wanted} 个已知不良件，在此期间不放行任何工件。若再次发生，请停线并联系质量工程师。</translation>
    </message>
    <message>
        <source>Challenge: put known bad part {number} of {wanted} before the camera</source>
        <translation>挑战验证：请把第 {number} 个已知不良件（共 {wanted} 个）放到相机前</translation>
    </message>
    <message>
        <source>{cause} Nothing is released until all {wanted} were rejected; they are not counted.</source>
        <translation>{cause} {wanted} 个全部被剔除之前不放行任何工件；它们不计入统计。</translation>
    </message>
</context>
<context>
    <name>ChallengeSheet</name>
    <message>
        <source>Challenge with known bad parts</source>
        <translation>用已知不良件做挑战验证</translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation>关闭  Esc</translation>
    </message>
    <message>
        <source>The station asks for known bad parts, one after the other, and judges them. Nothing is released until all of them were rejected. They are recorded as challenge parts and not counted.</source>
        <translation>工位会依次要求放入已知不良件并判定。全部被剔除之前不放行任何工件。它们记录为挑战件，不计入统计。</translation>
    </message>
    <message>
        <source>Begin the challenge  ⏎</source>
        <translation>开始挑战验证  ⏎</translation>
    </message>
    <message>
        <source>Cancel  Esc</source>
        <translation>取消  Esc</translation>
    </message>
</context>
<context>
    <name>Changes</name>
    <message>
        <source>Taken back: {deed} {name} ({count})</source>
        <translation>已撤销:{deed} {name}({count})</translation>
    </message>
    <message>
        <source>Brought back: {deed} {name} ({count})</source>
        <translation>已重做:{deed} {name}({count})</translation>
    </message>
    <message>
        <source>{count} stay: somebody else has changed them since.</source>
        <translation>{count} 张保持不变:之后已被他人更改。</translation>
    </message>
</context>
<context>
    <name>ClassMap</name>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Images by label and split; a click shows them. An audit adds what the model suggests.</source>
        <translation>按标签和划分统计的图像数；点击可查看。审查后会加上模型的建议。</translation>
    </message>
    <message>
        <source>A row for each label: images by split, then by what the model suggests. Marked cells (≠) are where both differ; a click shows the images.</source>
        <translation>每个标签一行：先按划分，再按模型建议的类别。带 ≠ 的单元格表示两者不同；点击可查看图像。</translation>
    </message>
</context>
<context>
    <name>Classes</name>
    <message>
        <source>good</source>
        <translation>良品</translation>
    </message>
    <message>
        <source>scratch</source>
        <translation>划痕</translation>
    </message>
    <message>
        <source>dent</source>
        <translation>凹坑</translation>
    </message>
    <message>
        <source>crack</source>
        <translation>裂纹</translation>
    </message>
    <message>
        <source>stain</source>
        <translation>污渍</translation>
    </message>
    <message>
        <source>missing feature</source>
        <translation>缺失特征</translation>
    </message>
    <message>
        <source>chip</source>
        <translation>崩边</translation>
    </message>
    <message>
        <source>anomaly</source>
        <translation>异常</translation>
    </message>
</context>
<context>
    <name>CostPlot</name>
    <message>
        <source>accepted overkill</source>
        <translation>可接受的过杀率</translation>
    </message>
    <message>
        <source>accepted escapes</source>
        <translation>可接受的漏检率</translation>
    </message>
    <message>
        <source>too few parts</source>
        <translation>工件数量不足</translation>
    </message>
    <message>
        <source>- - -  good parts failed or in review</source>
        <translation>- - -  良品被判不合格或待复核</translation>
    </message>
    <message>
        <source>——  good parts failed</source>
        <translation>——  良品被判不合格</translation>
    </message>
</context>
<context>
    <name>Counters</name>
    <message>
        <source>parts today</source>
        <translation>今日件数</translation>
    </message>
    <message>
        <source>passed</source>
        <translation>合格率</translation>
    </message>
    <message>
        <source>fail</source>
        <translation>不合格</translation>
    </message>
    <message>
        <source>review</source>
        <translation>待复核</translation>
    </message>
    <message>
        <source>error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Reject share, with its 3σ limit</source>
        <translation>剔除率及其 3σ 控制限</translation>
    </message>
</context>
<context>
    <name>Deeds</name>
    <message>
        <source>label</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>confirmation</source>
        <translation>确认</translation>
    </message>
    <message>
        <source>skip</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>flag</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>removal of a flag</source>
        <translation>取消标记</translation>
    </message>
    <message>
        <source>note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>mask</source>
        <translation>掩膜</translation>
    </message>
    <message>
        <source>second opinion</source>
        <translation>第二意见</translation>
    </message>
    <message>
        <source>decision</source>
        <translation>裁定</translation>
    </message>
</context>
<context>
    <name>DemoProgressPage</name>
    <message>
        <source>The demo line</source>
        <translation>演示线</translation>
    </message>
    <message>
        <source>This is done once, and only on this PC. The next start goes straight to the line.</source>
        <translation>只需进行一次，且仅在本机进行。下次启动将直接进入产线。</translation>
    </message>
    <message>
        <source>Draw pictures of washers, some of them defective</source>
        <translation>绘制垫圈图片，其中一部分有缺陷</translation>
    </message>
    <message>
        <source>Train a small network on them</source>
        <translation>用这些图片训练一个小型网络</translation>
    </message>
    <message>
        <source>Write the recipe of the line</source>
        <translation>写入产线配方</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>about {seconds} s left</source>
        <translation>大约还需 {seconds} 秒</translation>
    </message>
    <message>
        <source>working …</source>
        <translation>进行中…</translation>
    </message>
    <message>
        <source>What the network is shown: every picture in ever new light and position</source>
        <translation>网络所看到的：每张图片都以不断变化的光照和位置出现</translation>
    </message>
    <message>
        <source>The preparation ended with code {code}.</source>
        <translation>准备过程以代码 {code} 结束。</translation>
    </message>
</context>
<context>
    <name>Desk</name>
    <message>
        <source>The line stands still: start it with F5.</source>
        <translation>产线已停止：按 F5 启动。</translation>
    </message>
    <message>
        <source>A challenge is under way.</source>
        <translation>挑战验证正在进行。</translation>
    </message>
    <message>
        <source>Part {part} is confirmed already.</source>
        <translation>工件 {part} 已经确认过。</translation>
    </message>
    <message>
        <source>This part is no longer kept by the window; `inspector log show` has it.</source>
        <translation>窗口中已不再保留此工件；可用 `inspector log show` 查看。</translation>
    </message>
    <message>
        <source>No part waits for review.</source>
        <translation>没有待复核的工件。</translation>
    </message>
    <message>
        <source>Heat map on</source>
        <translation>热力图已打开</translation>
    </message>
    <message>
        <source>Heat map off</source>
        <translation>热力图已关闭</translation>
    </message>
    <message>
        <source>Recorded: part {part}, {said}</source>
        <translation>已记录：工件 {part}，{said}</translation>
    </message>
    <message>
        <source>The picture cannot be shown: {why}</source>
        <translation>无法显示图像：{why}</translation>
    </message>
    <message>
        <source>Your word on part {part} was NOT recorded: {why}</source>
        <translation>您对工件 {part} 的意见未被记录：{why}</translation>
    </message>
    <message>
        <source>A known bad part of the challenge wants nobody&apos;s word.</source>
        <translation>挑战验证中的已知不良件无需人工判断。</translation>
    </message>
    <message>
        <source>No part has been judged yet.</source>
        <translation>尚未判定任何工件。</translation>
    </message>
    <message>
        <source>The part changed at that moment: nothing was done. Choose it in the strip below.</source>
        <translation>工件恰在此刻更换，未执行任何操作。请在下方列表中选择。</translation>
    </message>
    <message>
        <source>Nothing is suggested here.</source>
        <translation>此处没有建议。</translation>
    </message>
    <message>
        <source>There is nothing to take back.</source>
        <translation>没有可撤销的操作。</translation>
    </message>
    <message>
        <source>There is nothing to bring back.</source>
        <translation>没有可重做的操作。</translation>
    </message>
    <message>
        <source>A blind opinion is given with a class key. B ends it.</source>
        <translation>盲评请按类别键。按 B 结束。</translation>
    </message>
    <message>
        <source>Choose an image first.</source>
        <translation>请先选择一张图像。</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Other views of the part</source>
        <translation>该工件的其他视图</translation>
    </message>
    <message>
        <source>part {part}</source>
        <translation>工件 {part}</translation>
    </message>
    <message>
        <source>defect score {score}</source>
        <translation>缺陷分数 {score}</translation>
    </message>
    <message>
        <source>Your opinion?</source>
        <translation>您的意见?</translation>
    </message>
    <message>
        <source>no label yet</source>
        <translation>尚无标签</translation>
    </message>
    <message>
        <source>{shape}  suggested: {name}{share}</source>
        <translation>{shape}  建议:{name}{share}</translation>
    </message>
    <message>
        <source>Why here: {why}</source>
        <translation>为何在此:{why}</translation>
    </message>
    <message>
        <source>Note: {text}</source>
        <translation>备注:{text}</translation>
    </message>
</context>
<context>
    <name>EarlierBanner</name>
    <message>
        <source>Back to live  Esc</source>
        <translation>返回当前  Esc</translation>
    </message>
    <message>
        <source>Looking at an earlier part: {part}, {time}, {verdict}: {what}</source>
        <translation>正在查看之前的工件：{part}，{time}，{verdict}：{what}</translation>
    </message>
</context>
<context>
    <name>Events</name>
    <message>
        <source>(undone)</source>
        <translation>(已撤销)</translation>
    </message>
    <message>
        <source>imported as {given}</source>
        <translation>导入为 {given}</translation>
    </message>
    <message>
        <source>{before} → {given}</source>
        <translation>{before} → {given}</translation>
    </message>
    <message>
        <source>says {given} is right</source>
        <translation>确认 {given} 正确</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>已跳过</translation>
    </message>
    <message>
        <source>flagged</source>
        <translation>已标记</translation>
    </message>
    <message>
        <source>took the flag away</source>
        <translation>取消了标记</translation>
    </message>
    <message>
        <source>noted: {text}</source>
        <translation>备注:{text}</translation>
    </message>
    <message>
        <source>drew the mask</source>
        <translation>绘制了掩膜</translation>
    </message>
    <message>
        <source>took back: {text}</source>
        <translation>撤销:{text}</translation>
    </message>
    <message>
        <source>brought back: {text}</source>
        <translation>重做:{text}</translation>
    </message>
    <message>
        <source>second opinion: {given}</source>
        <translation>第二意见:{given}</translation>
    </message>
    <message>
        <source>decided: {given}</source>
        <translation>裁定:{given}</translation>
    </message>
</context>
<context>
    <name>Faults</name>
    <message>
        <source>The camera gives no picture</source>
        <translation>相机没有图像</translation>
    </message>
    <message>
        <source>The model cannot judge</source>
        <translation>模型无法判定</translation>
    </message>
    <message>
        <source>The disk is full</source>
        <translation>磁盘已满</translation>
    </message>
    <message>
        <source>Decisions cannot be recorded</source>
        <translation>判定结果无法记录</translation>
    </message>
    <message>
        <source>The recipe cannot be used</source>
        <translation>配方无法使用</translation>
    </message>
    <message>
        <source>The reject gate does not answer</source>
        <translation>剔除装置没有响应</translation>
    </message>
    <message>
        <source>The program made a mistake</source>
        <translation>程序出错</translation>
    </message>
    <message>
        <source>Check the camera&apos;s cable and power. The station reconnects by itself.</source>
        <translation>请检查相机的线缆和电源。工位会自动重新连接。</translation>
    </message>
    <message>
        <source>Stop and start the station (F5). If it comes again, call the engineer.</source>
        <translation>请停止并重新启动工位（F5）。若再次出现，请联系工程师。</translation>
    </message>
    <message>
        <source>Free disk space; the station goes on by itself.</source>
        <translation>请清理磁盘空间；工位会自动继续。</translation>
    </message>
    <message>
        <source>Check the disk that holds the log. The station goes on by itself.</source>
        <translation>请检查存放日志的磁盘。工位会自动继续。</translation>
    </message>
    <message>
        <source>Open another recipe, or call the engineer.</source>
        <translation>请打开其他配方，或联系工程师。</translation>
    </message>
    <message>
        <source>Check the reject gate and its connection.</source>
        <translation>请检查剔除装置及其连接。</translation>
    </message>
    <message>
        <source>Restart the station (F5) and report the message below.</source>
        <translation>请重新启动工位（F5），并上报下面的信息。</translation>
    </message>
</context>
<context>
    <name>FeatureMap</name>
    <message>
        <source>Map</source>
        <translation>分布图</translation>
    </message>
    <message>
        <source>Choose none</source>
        <translation>取消选择</translation>
    </message>
    <message>
        <source>Whole map</source>
        <translation>显示全图</translation>
    </message>
    <message>
        <source>Alike images lie together. Draw around points to choose them; Shift adds, Ctrl takes away. Wheel: zoom. Right button: move. A click on a class hides it.</source>
        <translation>相似的图像彼此靠近。圈出点即可选择；按 Shift 增加，按 Ctrl 减去。滚轮缩放，右键移动。点击类别可将其隐藏。</translation>
    </message>
    <message>
        <source>There is no map yet. F5 runs the audit: it computes the features of every image and lays them out.</source>
        <translation>尚无分布图。按 F5 运行审查：它会计算每张图像的特征并排布出来。</translation>
    </message>
    <message>
        <source>{chosen} of {all} chosen</source>
        <translation>已选 {chosen} / {all}</translation>
    </message>
    <message>
        <source>no class yet</source>
        <translation>尚无类别</translation>
    </message>
</context>
<context>
    <name>FilterBar</name>
    <message>
        <source>Serial, or its beginning   Ctrl+F</source>
        <translation>序列号，或其开头   Ctrl+F</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>to</source>
        <translation>至</translation>
    </message>
    <message>
        <source>any verdict</source>
        <translation>任何判定</translation>
    </message>
    <message>
        <source>all rejects</source>
        <translation>所有剔除</translation>
    </message>
    <message>
        <source>any class</source>
        <translation>任何类别</translation>
    </message>
    <message>
        <source>any operator</source>
        <translation>任何操作员</translation>
    </message>
    <message>
        <source>any recipe</source>
        <translation>任何配方</translation>
    </message>
    <message>
        <source>any model</source>
        <translation>任何模型</translation>
    </message>
    <message>
        <source>any station</source>
        <translation>任何检测站</translation>
    </message>
    <message>
        <source>any time</source>
        <translation>任何时间</translation>
    </message>
    <message>
        <source>last hour</source>
        <translation>最近一小时</translation>
    </message>
    <message>
        <source>today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>last 7 days</source>
        <translation>最近 7 天</translation>
    </message>
    <message>
        <source>last 30 days</source>
        <translation>最近 30 天</translation>
    </message>
    <message>
        <source>between two days</source>
        <translation>两个日期之间</translation>
    </message>
    <message>
        <source>saved views</source>
        <translation>已存视图</translation>
    </message>
    <message>
        <source>any split</source>
        <translation>任何划分</translation>
    </message>
    <message>
        <source>any source</source>
        <translation>任何来源</translation>
    </message>
    <message>
        <source>any reviewer</source>
        <translation>任何审核人</translation>
    </message>
    <message>
        <source>Search: file, part, view, note   /</source>
        <translation>搜索:文件、工件、视图、备注   /</translation>
    </message>
    <message>
        <source>Save view</source>
        <translation>保存视图</translation>
    </message>
    <message>
        <source>not reviewed</source>
        <translation>未审核</translation>
    </message>
    <message>
        <source>reviewed</source>
        <translation>已审核</translation>
    </message>
    <message>
        <source>flagged</source>
        <translation>已标记</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>已跳过</translation>
    </message>
    <message>
        <source>with note</source>
        <translation>有备注</translation>
    </message>
    <message>
        <source>model disagrees</source>
        <translation>模型不一致</translation>
    </message>
    <message>
        <source>with mask</source>
        <translation>有掩膜</translation>
    </message>
    <message>
        <source>without mask</source>
        <translation>无掩膜</translation>
    </message>
    <message>
        <source>without label</source>
        <translation>无标签</translation>
    </message>
    <message>
        <source>any state</source>
        <translation>任何状态</translation>
    </message>
    <message>
        <source>any defect score</source>
        <translation>任何缺陷分数</translation>
    </message>
    <message>
        <source>changed today</source>
        <translation>今天更改</translation>
    </message>
    <message>
        <source>changed in 7 days</source>
        <translation>7 天内更改</translation>
    </message>
    <message>
        <source>changed in 30 days</source>
        <translation>30 天内更改</translation>
    </message>
    <message>
        <source>any day</source>
        <translation>任何日期</translation>
    </message>
    <message>
        <source>Filters ({count})</source>
        <translation>筛选({count})</translation>
    </message>
    <message>
        <source>Filters</source>
        <translation>筛选</translation>
    </message>
</context>
<context>
    <name>Footer</name>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
</context>
<context>
    <name>GuaranteeButton</name>
    <message>
        <source>no guarantee</source>
        <translation>无保证</translation>
    </message>
    <message>
        <source>◆ guarantee does not hold</source>
        <translation>◆ 保证已失效</translation>
    </message>
    <message>
        <source>✓ guarantee: {promise}, {parts}</source>
        <translation>✓ 保证：{promise}，{parts}</translation>
    </message>
</context>
<context>
    <name>GuaranteeSheet</name>
    <message>
        <source>Guarantee</source>
        <translation>保证</translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation>关闭  Esc</translation>
    </message>
    <message>
        <source>✕  No guarantee</source>
        <translation>✕  无保证</translation>
    </message>
    <message>
        <source>The engineer states the accepted risk on the page Risk: start page, key 4.</source>
        <translation>工程师可在“风险”页设定可接受的风险：起始页，按键 4。</translation>
    </message>
    <message>
        <source>✓  The guarantee holds</source>
        <translation>✓  保证有效</translation>
    </message>
    <message>
        <source>The station warns when recipe, camera or parts are no longer those of the calibration.</source>
        <translation>当配方、相机或工件与标定时不再一致时，工位会发出提醒。</translation>
    </message>
    <message>
        <source>◆  The guarantee does not hold</source>
        <translation>◆  保证已失效</translation>
    </message>
    <message>
        <source>Inspection goes on at the same limits. Bring back what changed, or calibrate anew.</source>
        <translation>检测按相同的限值继续。请恢复已改变的条件，或重新标定。</translation>
    </message>
    <message>
        <source>model package {package}</source>
        <translation>模型包 {package}</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>·  camera lost</source>
        <translation>·  相机丢失</translation>
    </message>
    <message>
        <source>·  camera ok</source>
        <translation>·  相机正常</translation>
    </message>
    <message>
        <source>·  disk {used} %</source>
        <translation>·  磁盘 {used} %</translation>
    </message>
    <message>
        <source>Operator</source>
        <translation>操作员</translation>
    </message>
    <message>
        <source>Log in</source>
        <translation>登录</translation>
    </message>
    <message>
        <source>Who works here; stands in every confirmation and override (F10)</source>
        <translation>当前操作员；记录在每次确认和改判中（F10）</translation>
    </message>
    <message>
        <source>Language (F8)</source>
        <translation>语言（F8）</translation>
    </message>
    <message>
        <source>Light or dark (F9)</source>
        <translation>浅色或深色（F9）</translation>
    </message>
    <message>
        <source>package {package}</source>
        <translation>模型包 {package}</translation>
    </message>
    <message>
        <source>◆ caution</source>
        <translation>◆ 提醒</translation>
    </message>
    <message>
        <source>◆ {count} cautions</source>
        <translation>◆ {count} 条提醒</translation>
    </message>
    <message>
        <source>Show the cautions that hold</source>
        <translation>显示当前的提醒</translation>
    </message>
    <message>
        <source>Open a recipe…</source>
        <translation>打开配方…</translation>
    </message>
    <message>
        <source>Start page</source>
        <translation>起始页</translation>
    </message>
</context>
<context>
    <name>HistoryPage</name>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Choose a part first.</source>
        <translation>请先选择工件。</translation>
    </message>
    <message>
        <source>Kept at the left. Choose another part to compare; C ends it.</source>
        <translation>已保留在左侧。请选择另一个工件进行比较；按 C 结束。</translation>
    </message>
    <message>
        <source>Model package</source>
        <translation>模型包</translation>
    </message>
    <message>
        <source>Nothing was found. Clear a filter, or type only the beginning of the serial.</source>
        <translation>没有找到。请清除一个筛选条件，或只输入序列号的开头。</translation>
    </message>
    <message>
        <source>{count} found</source>
        <translation>找到 {count} 条</translation>
    </message>
    <message>
        <source>The first {count}; narrow the search to see others</source>
        <translation>前 {count} 条；请缩小搜索范围以查看其他</translation>
    </message>
    <message>
        <source>The first {count}; more come as you scroll</source>
        <translation>前 {count} 条；滚动时显示更多</translation>
    </message>
    <message>
        <source>Computing the heat map …</source>
        <translation>正在计算热图……</translation>
    </message>
    <message>
        <source>Judging again …</source>
        <translation>正在重新判定……</translation>
    </message>
</context>
<context>
    <name>ImagesPane</name>
    <message>
        <source>No audit yet: F5 looks for wrong labels, outliers and near-duplicates.</source>
        <translation>尚未审查：按 F5 查找错误标签、离群图像和近似重复。</translation>
    </message>
    <message>
        <source>Name of the view:</source>
        <translation>视图名称:</translation>
    </message>
    <message>
        <source>{at} of {shown}   {done} reviewed</source>
        <translation>{at} / {shown}   已审核 {done}</translation>
    </message>
    <message>
        <source>Blind second opinion: {at} of {shown}. A class key gives yours, B ends it.</source>
        <translation>盲评第二意见:{at} / {shown}。按类别键给出意见,按 B 结束。</translation>
    </message>
    <message>
        <source>{count} selected</source>
        <translation>已选 {count}</translation>
    </message>
    <message>
        <source>The data set holds no images yet. Import some: inspector dataset import SRC DATASET …</source>
        <translation>数据集中还没有图像。请导入:inspector dataset import SRC DATASET …</translation>
    </message>
    <message>
        <source>No image fits. Ctrl+⌫ clears the filter, G chooses another queue.</source>
        <translation>没有符合的图像。Ctrl+⌫ 清除筛选,G 选择其他队列。</translation>
    </message>
</context>
<context>
    <name>KeysSheet</name>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation>关闭  Esc</translation>
    </message>
</context>
<context>
    <name>LargeView</name>
    <message>
        <source>Heat map: where the model sees evidence of a defect. H hides it.</source>
        <translation>热图:模型认为有缺陷证据的位置。按 H 隐藏。</translation>
    </message>
    <message>
        <source>The outline is the mask: M hides it, E draws it anew.</source>
        <translation>轮廓为掩膜:M 隐藏,E 重新绘制。</translation>
    </message>
    <message>
        <source>Wheel or + − zooms, drag moves, * shows all.</source>
        <translation>滚轮或 + − 缩放,拖动移动,* 显示全图。</translation>
    </message>
</context>
<context>
    <name>LoginSheet</name>
    <message>
        <source>Log in</source>
        <translation>登录</translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation>关闭  Esc</translation>
    </message>
    <message>
        <source>Hold your badge to the reader, or type your name and your password or PIN. Inspection goes on.</source>
        <translation>请将工牌靠近读卡器，或输入姓名和密码或 PIN。检测继续进行。</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>姓名</translation>
    </message>
    <message>
        <source>Password or PIN</source>
        <translation>密码或 PIN</translation>
    </message>
    <message>
        <source>Log in  ⏎</source>
        <translation>登录  ⏎</translation>
    </message>
    <message>
        <source>Checking…</source>
        <translation>正在核对…</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>The station needs a person: parts are rejected. Esc leads back to it.</source>
        <translation>检测站需要人员处理：工件被剔除。按 Esc 返回检测站。</translation>
    </message>
    <message>
        <source>Open a recipe</source>
        <translation>打开配方</translation>
    </message>
    <message>
        <source>Recipes (*.toml)</source>
        <translation>配方 (*.toml)</translation>
    </message>
</context>
<context>
    <name>MapPage</name>
    <message>
        <source>Show the {count} chosen images</source>
        <translation>显示所选的 {count} 张图像</translation>
    </message>
</context>
<context>
    <name>MaskEditor</name>
    <message>
        <source>Mask</source>
        <translation>掩膜</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>橡皮擦</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>多边形</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Fill</source>
        <translation>填充</translation>
    </message>
    <message>
        <source>{pixels} px</source>
        <translation>{pixels} 像素</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Del   Clear</source>
        <translation>Del   清空</translation>
    </message>
    <message>
        <source>Esc   Leave</source>
        <translation>Esc   离开</translation>
    </message>
    <message>
        <source>⏎   Save</source>
        <translation>⏎   保存</translation>
    </message>
    <message>
        <source>The mask is not saved. Enter saves it; Esc once more leaves without it.</source>
        <translation>掩膜尚未保存。按 Enter 保存；再按一次 Esc 则不保存离开。</translation>
    </message>
    <message>
        <source>The mask is hidden. M shows it.</source>
        <translation>掩膜已隐藏。按 M 显示。</translation>
    </message>
    <message>
        <source>Enter or a click on the first corner closes. Backspace takes a corner back.</source>
        <translation>按 Enter 或点击第一个顶点即可闭合。按 Backspace 撤回一个顶点。</translation>
    </message>
    <message>
        <source>Click corner after corner around the defect.</source>
        <translation>沿缺陷边缘依次点击各顶点。</translation>
    </message>
    <message>
        <source>Draw from corner to corner.</source>
        <translation>从一角拖到对角。</translation>
    </message>
    <message>
        <source>Click inside an outline to fill it.</source>
        <translation>在轮廓内点击即可填充。</translation>
    </message>
    <message>
        <source>The right button does the opposite. Ctrl + wheel: size. Wheel: zoom. Space: move.</source>
        <translation>右键作用相反。Ctrl + 滚轮：笔刷大小。滚轮：缩放。空格：移动。</translation>
    </message>
</context>
<context>
    <name>NoticeBand</name>
    <message>
        <source>Acknowledge  A</source>
        <translation>确认  A</translation>
    </message>
    <message>
        <source>All parts are rejected meanwhile.</source>
        <translation>在此期间所有工件都被剔除。</translation>
    </message>
    <message>
        <source>Inspection goes on.</source>
        <translation>检测继续进行。</translation>
    </message>
    <message>
        <source>Nothing is released meanwhile.</source>
        <translation>在此期间不放行任何工件。</translation>
    </message>
    <message>
        <source>and {count} more</source>
        <translation>另有 {count} 条</translation>
    </message>
</context>
<context>
    <name>OperatorPage</name>
    <message>
        <source>judged part</source>
        <translation>判定工件</translation>
    </message>
    <message>
        <source>live</source>
        <translation>实时</translation>
    </message>
</context>
<context>
    <name>OperatorSheet</name>
    <message>
        <source>Operator</source>
        <translation>操作员</translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation>关闭  Esc</translation>
    </message>
    <message>
        <source>Your name stands in every confirmation and override that you record.</source>
        <translation>您的姓名会写入您记录的每次确认和改判。</translation>
    </message>
    <message>
        <source>Take this name  ⏎</source>
        <translation>使用此姓名  ⏎</translation>
    </message>
</context>
<context>
    <name>OrderForm</name>
    <message>
        <source>Release folder: the champion in force</source>
        <translation>发布文件夹：现用模型包</translation>
    </message>
    <message>
        <source>Folder of the runs</source>
        <translation>运行结果文件夹</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Accepted escapes</source>
        <translation>可接受漏检</translation>
    </message>
    <message>
        <source>Accepted overkill</source>
        <translation>可接受过杀</translation>
    </message>
    <message>
        <source>Further arguments of `inspector retrain`</source>
        <translation>`inspector retrain` 的其他参数</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>选择……</translation>
    </message>
    <message>
        <source>classifier: named defects</source>
        <translation>分类器：已命名的缺陷</translation>
    </message>
    <message>
        <source>patch memory: good parts alone</source>
        <translation>图块记忆：仅用良品</translation>
    </message>
    <message>
        <source>autoencoder: good parts alone</source>
        <translation>自编码器：仅用良品</translation>
    </message>
    <message>
        <source>hybrid: both</source>
        <translation>混合：两者兼用</translation>
    </message>
    <message>
        <source>as the champion</source>
        <translation>与现用模型包相同</translation>
    </message>
    <message>
        <source>Password of {who}</source>
        <translation>{who} 的密码</translation>
    </message>
</context>
<context>
    <name>OverrideSheet</name>
    <message>
        <source>Override part {part}</source>
        <translation>改判工件 {part}</translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation>关闭  Esc</translation>
    </message>
    <message>
        <source>The station said {verdict}. That record stays as it is; yours is added to it.</source>
        <translation>工位判定为{verdict}。原记录保持不变，您的意见将附加其后。</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Your verdict</source>
        <translation>您的判定</translation>
    </message>
    <message>
        <source>Note (may stay empty)</source>
        <translation>备注（可不填）</translation>
    </message>
    <message>
        <source>Record  ⏎</source>
        <translation>记录  ⏎</translation>
    </message>
    <message>
        <source>Cancel  Esc</source>
        <translation>取消  Esc</translation>
    </message>
    <message>
        <source>Choose a reason. Nothing is recorded before Enter.</source>
        <translation>请选择原因。按回车键之前不会记录任何内容。</translation>
    </message>
    <message>
        <source>Will be recorded: part {part}, {old} overridden to {new} by {who}: {reason}</source>
        <translation>将记录：工件 {part}，由 {who} 从{old}改判为{new}：{reason}</translation>
    </message>
</context>
<context>
    <name>Pictures</name>
    <message>
        <source>Choose a part in the list: its picture, its reasoning and its proof stand here then.</source>
        <translation>请在列表中选择工件：此处将显示其图像、判定依据和证明。</translation>
    </message>
    <message>
        <source>The log holds no picture of this part.</source>
        <translation>记录中没有该工件的图像。</translation>
    </message>
    <message>
        <source>Heat map: where the model of its time sees evidence of a defect, computed again now. H hides.</source>
        <translation>热图：当时的模型认为存在缺陷的位置，现在重新计算。按 H 隐藏。</translation>
    </message>
    <message>
        <source>The judged picture. H shows the heat map.</source>
        <translation>判定所用的图像。按 H 显示热图。</translation>
    </message>
</context>
<context>
    <name>Promise</name>
    <message>
        <source>Nothing is promised of escapes or overkill: the limits of this package were not calibrated, or the recipe sets others.</source>
        <translation>对漏检和过杀没有任何保证：该模型包的限值未经标定，或配方设置了其他限值。</translation>
    </message>
    <message>
        <source>escapes</source>
        <translation>漏检</translation>
    </message>
    <message>
        <source>overkill</source>
        <translation>过杀</translation>
    </message>
    <message>
        <source>Escapes of at most {limit} ({level}) need {needed} defective parts, none of which passes. There are {n}: {missing} are missing. They support {bound} at best.</source>
        <translation>要保证漏检率不超过 {limit}（{level}），需要 {needed} 个不良件且无一被放行。现有 {n} 个：还缺 {missing} 个。现有数据最多支持 {bound}。</translation>
    </message>
    <message>
        <source>Overkill of at most {limit} ({level}) needs {needed} good parts, none of which fails. There are {n}: {missing} are missing. They support {bound} at best.</source>
        <translation>要保证过杀率不超过 {limit}（{level}），需要 {needed} 个良品且无一被判不合格。现有 {n} 个：还缺 {missing} 个。现有数据最多支持 {bound}。</translation>
    </message>
    <message>
        <source>expected</source>
        <translation>期望值</translation>
    </message>
    <message>
        <source>{count} parts</source>
        <translation>{count} 件</translation>
    </message>
    <message>
        <source>Of all defective parts at most {limit} are passed</source>
        <translation>在所有不良件中，被放行的最多为 {limit}</translation>
    </message>
    <message>
        <source>Of all good parts at most {limit} are failed</source>
        <translation>在所有良品中，被判不合格的最多为 {limit}</translation>
    </message>
    <message>
        <source>on average over many calibrations</source>
        <translation>（多次标定的平均）</translation>
    </message>
    <message>
        <source>with a confidence of {confidence}</source>
        <translation>置信度 {confidence}</translation>
    </message>
    <message>
        <source>{what}, {how}.</source>
        <translation>{what}，{how}。</translation>
    </message>
    <message>
        <source>This rests on {n} defective parts, of which {events} passed; they support {bound} ({method}).</source>
        <translation>依据：{n} 个不良件，其中 {events} 个被放行；数据支持的上界为 {bound}（{method}）。</translation>
    </message>
    <message>
        <source>This rests on {n} good parts, of which {events} failed; they support {bound} ({method}).</source>
        <translation>依据：{n} 个良品，其中 {events} 个被判不合格；数据支持的上界为 {bound}（{method}）。</translation>
    </message>
    <message>
        <source>learn-then-test, exact binomial</source>
        <translation>learn-then-test，精确二项分布</translation>
    </message>
    <message>
        <source>conformal quantile</source>
        <translation>保形分位数</translation>
    </message>
    <message>
        <source>conformal risk control</source>
        <translation>保形风险控制</translation>
    </message>
</context>
<context>
    <name>PromoteForm</name>
    <message>
        <source>Promote</source>
        <translation>投入使用</translation>
    </message>
    <message>
        <source>Who decides</source>
        <translation>决定人</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>密码</translation>
    </message>
    <message>
        <source>Why: for the audit trail</source>
        <translation>理由：记入审计追踪</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>The package is in force. Stations take it over with their next part.</source>
        <translation>该模型包已投入使用。各工位从下一个工件起采用。</translation>
    </message>
    <message>
        <source>It is held against the champion once more, then brought into force …</source>
        <translation>再次与现用模型包比较，然后投入使用……</translation>
    </message>
    <message>
        <source>Press once more: every part is judged by this package then.</source>
        <translation>请再按一次：此后每个工件都由该模型包判定。</translation>
    </message>
    <message>
        <source>A person decides, by name and with a reason, after reading the report.</source>
        <translation>由人在阅读报告后决定，并署名和说明理由。</translation>
    </message>
    <message>
        <source>Yes, bring it into force</source>
        <translation>确认投入使用</translation>
    </message>
    <message>
        <source>Promote …</source>
        <translation>投入使用……</translation>
    </message>
</context>
<context>
    <name>Proof</name>
    <message>
        <source>✓ As recorded: its link holds, and the station signed it with entry {head} at {time}.</source>
        <translation>✓ 与记录时一致：链接有效，检测站已于 {time} 随第 {head} 条签名。</translation>
    </message>
    <message>
        <source>Its link holds. The next head is not signed yet.</source>
        <translation>链接有效。下一个链首尚未签名。</translation>
    </message>
    <message>
        <source>Its links hold up to entry {head}, signed at {time} by a key that this PC does not know.</source>
        <translation>直到第 {head} 条链接均有效，已于 {time} 签名，但本机不认识该密钥。</translation>
    </message>
    <message>
        <source>Its link holds. Up to the next head at entry {head} only a verification of the whole log tells.</source>
        <translation>链接有效。到下一个链首（第 {head} 条）之间，只有校验整个记录才能得知。</translation>
    </message>
    <message>
        <source>✕ NOT AS RECORDED at entry {broken}: verify the whole log and call who answers for it.</source>
        <translation>✕ 第 {broken} 条与记录时不一致：请校验整个记录并联系负责人。</translation>
    </message>
    <message>
        <source>entry {position}, link {link}…, log {log}…</source>
        <translation>第 {position} 条，链接 {link}…，记录 {log}…</translation>
    </message>
</context>
<context>
    <name>Queues</name>
    <message>
        <source>Likely label errors</source>
        <translation>可能的错误标签</translation>
    </message>
    <message>
        <source>Model disagrees</source>
        <translation>模型不一致</translation>
    </message>
    <message>
        <source>Near the threshold</source>
        <translation>接近阈值</translation>
    </message>
    <message>
        <source>Overridden by operators</source>
        <translation>被操作员改判</translation>
    </message>
    <message>
        <source>Unlike anything seen</source>
        <translation>与已有图像不同</translation>
    </message>
    <message>
        <source>Near-duplicates</source>
        <translation>近似重复</translation>
    </message>
    <message>
        <source>Rare classes</source>
        <translation>稀有类别</translation>
    </message>
    <message>
        <source>Random sample</source>
        <translation>随机样本</translation>
    </message>
    <message>
        <source>From the log</source>
        <translation>来自记录</translation>
    </message>
    <message>
        <source>Reviewers disagree</source>
        <translation>审核人不一致</translation>
    </message>
    <message>
        <source>Flagged</source>
        <translation>已标记</translation>
    </message>
    <message>
        <source>Without label</source>
        <translation>无标签</translation>
    </message>
    <message>
        <source>All images</source>
        <translation>全部图像</translation>
    </message>
    <message>
        <source>Blind second opinion</source>
        <translation>盲评第二意见</translation>
    </message>
</context>
<context>
    <name>Reason</name>
    <message>
        <source>{what}, defect score {score}</source>
        <translation>{what}，缺陷得分 {score}</translation>
    </message>
    <message>
        <source>(passes below {limit})</source>
        <translation>（低于 {limit} 为合格）</translation>
    </message>
    <message>
        <source>(fails from {limit})</source>
        <translation>（{limit} 起为不合格）</translation>
    </message>
    <message>
        <source>(low, but the class is a defect)</source>
        <translation>（得分低，但类别为缺陷）</translation>
    </message>
    <message>
        <source>(between {low} and {high})</source>
        <translation>（介于 {low} 与 {high} 之间）</translation>
    </message>
</context>
<context>
    <name>Reasons</name>
    <message>
        <source>Within tolerance</source>
        <translation>在公差范围内</translation>
    </message>
    <message>
        <source>Dirt or dust, not a defect</source>
        <translation>灰尘或脏污，并非缺陷</translation>
    </message>
    <message>
        <source>Reflection or shadow</source>
        <translation>反光或阴影</translation>
    </message>
    <message>
        <source>Defect that was missed</source>
        <translation>漏检的缺陷</translation>
    </message>
    <message>
        <source>Another kind of defect</source>
        <translation>另一种缺陷</translation>
    </message>
    <message>
        <source>Part lay wrongly, will be inspected again</source>
        <translation>工件摆放不正，将重新检测</translation>
    </message>
    <message>
        <source>Said later</source>
        <translation>后续意见</translation>
    </message>
    <message>
        <source>Proof</source>
        <translation>证明</translation>
    </message>
    <message>
        <source>Judged again</source>
        <translation>重新判定</translation>
    </message>
    <message>
        <source>No part is chosen.</source>
        <translation>尚未选择工件。</translation>
    </message>
    <message>
        <source>Nobody has said anything of this part.</source>
        <translation>尚无人对该工件发表意见。</translation>
    </message>
    <message>
        <source>R judges it again by the model of its time, P by another one.</source>
        <translation>按 R 用当时的模型重新判定，按 P 用其他模型判定。</translation>
    </message>
</context>
<context>
    <name>Reasons of a part</name>
    <message>
        <source>also inspected {time}: {verdict}, {what}</source>
        <translation>另于 {time} 检测：{verdict}，{what}</translation>
    </message>
    <message>
        <source>challenger {model} would have said {verdict}: {what}</source>
        <translation>挑战模型 {model} 会判为{verdict}：{what}</translation>
    </message>
    <message>
        <source>labelled {what} by {who}, {time}</source>
        <translation>由 {who} 标注为{what}，{time}</translation>
    </message>
</context>
<context>
    <name>RejectStrip</name>
    <message>
        <source>Last rejects: click one to look again</source>
        <translation>最近的不良品：点击可再次查看</translation>
    </message>
    <message>
        <source>No rejects yet. Parts that fail, need review or could not be judged will stand here.</source>
        <translation>暂无不良品。不合格、待复核或无法判定的工件将显示在这里。</translation>
    </message>
</context>
<context>
    <name>Replay</name>
    <message>
        <source>Cannot be judged again: {why}</source>
        <translation>无法重新判定：{why}</translation>
    </message>
    <message>
        <source>An ERROR has no verdict to come out again.</source>
        <translation>错误没有可以重现的判定。</translation>
    </message>
    <message>
        <source>✓ the same by model {model}: {verdict}, {what}</source>
        <translation>✓ 模型 {model} 结果相同：{verdict}，{what}</translation>
    </message>
    <message>
        <source>≠ another verdict by model {model}: {verdict}, {what}</source>
        <translation>≠ 模型 {model} 判定不同：{verdict}，{what}</translation>
    </message>
    <message>
        <source>largest difference of a probability {share}</source>
        <translation>概率最大相差 {share}</translation>
    </message>
</context>
<context>
    <name>ReportsPage</name>
    <message>
        <source>Save the report</source>
        <translation>保存报表</translation>
    </message>
    <message>
        <source>Saved: {path}</source>
        <translation>已保存：{path}</translation>
    </message>
    <message>
        <source>Reports</source>
        <translation>报表</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>保存…</translation>
    </message>
    <message>
        <source>today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>this shift</source>
        <translation>本班</translation>
    </message>
    <message>
        <source>last shift</source>
        <translation>上一班</translation>
    </message>
    <message>
        <source>last 7 days</source>
        <translation>最近 7 天</translation>
    </message>
    <message>
        <source>last 30 days</source>
        <translation>最近 30 天</translation>
    </message>
    <message>
        <source>between two days</source>
        <translation>两日之间</translation>
    </message>
    <message>
        <source>Share of rejects in per cent, with control limits</source>
        <translation>剔除率（%）与控制限</translation>
    </message>
    <message>
        <source>First-pass yield in per cent</source>
        <translation>一次合格率（%）</translation>
    </message>
    <message>
        <source>Rejects by class; inner bar: overridden to PASS</source>
        <translation>按类别的剔除；内条：改判为合格</translation>
    </message>
    <message>
        <source>Rejects by hour of the day</source>
        <translation>按小时的剔除数</translation>
    </message>
    <message>
        <source>first-pass yield</source>
        <translation>一次合格率</translation>
    </message>
    <message>
        <source>parts</source>
        <translation>工件数</translation>
    </message>
    <message>
        <source>rejects</source>
        <translation>剔除数</translation>
    </message>
    <message>
        <source>share of rejects, 95 % interval</source>
        <translation>剔除率 95 % 区间</translation>
    </message>
    <message>
        <source>yield after people&apos;s words</source>
        <translation>人工复核后合格率</translation>
    </message>
    <message>
        <source>override rate</source>
        <translation>改判率</translation>
    </message>
    <message>
        <source>false rejects confirmed</source>
        <translation>确认误剔</translation>
    </message>
    <message>
        <source>passed parts found bad</source>
        <translation>放行后发现不良</translation>
    </message>
    <message>
        <source>errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>known bad parts, passed</source>
        <translation>挑战件，漏检</translation>
    </message>
    <message>
        <source>all products</source>
        <translation>所有产品</translation>
    </message>
    <message>
        <source>all stations</source>
        <translation>所有工位</translation>
    </message>
    <message>
        <source>Counting…</source>
        <translation>正在统计…</translation>
    </message>
    <message>
        <source>No part was inspected in this period. Choose another one at the left.</source>
        <translation>此时段没有检验工件。请在左侧选择其他时段。</translation>
    </message>
</context>
<context>
    <name>Results</name>
    <message>
        <source>Decided</source>
        <translation>判定时间</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>工件</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>判定</translation>
    </message>
    <message>
        <source>Found</source>
        <translation>发现</translation>
    </message>
    <message>
        <source>inspection</source>
        <translation>检测</translation>
    </message>
    <message>
        <source>confirmed by</source>
        <translation>确认人：</translation>
    </message>
    <message>
        <source>overridden by</source>
        <translation>改判人：</translation>
    </message>
    <message>
        <source>corrected by</source>
        <translation>更正：</translation>
    </message>
    <message>
        <source>labelled by</source>
        <translation>标注人：</translation>
    </message>
    <message>
        <source>challenge</source>
        <translation>挑战</translation>
    </message>
    <message>
        <source>shadow</source>
        <translation>影子模型</translation>
    </message>
</context>
<context>
    <name>RetrainFigures</name>
    <message>
        <source>Images: {n}</source>
        <translation>图像：{n}</translation>
    </message>
    <message>
        <source>Regression cases: {n}</source>
        <translation>回归案例：{n}</translation>
    </message>
    <message>
        <source>Defective parts passed: {new} (champion {old}) of {n}</source>
        <translation>被放行的缺陷件：{new}（现用模型包 {old}），共 {n} 件</translation>
    </message>
    <message>
        <source>Good parts rejected: {new} (champion {old}) of {n}</source>
        <translation>被剔除的良品：{new}（现用模型包 {old}），共 {n} 件</translation>
    </message>
</context>
<context>
    <name>RetrainPanel</name>
    <message>
        <source>Retrain</source>
        <translation>重新训练</translation>
    </message>
    <message>
        <source>Trains on the labels as they are now, calibrates, and holds the result against the champion on frozen parts. Nothing comes into force by itself. A run that was ended goes on where it was.</source>
        <translation>用当前标签训练并标定，再用冻结的工件与现用模型包比较。任何结果都不会自动投入使用。中止的运行会从原处继续。</translation>
    </message>
    <message>
        <source>Retrain, or go on</source>
        <translation>重新训练或继续</translation>
    </message>
    <message>
        <source>End the run</source>
        <translation>中止运行</translation>
    </message>
    <message>
        <source>Open the report</source>
        <translation>打开报告</translation>
    </message>
    <message>
        <source>   (done before)</source>
        <translation>   （此前已完成）</translation>
    </message>
    <message>
        <source>working …</source>
        <translation>进行中……</translation>
    </message>
    <message>
        <source>about {minutes} min left in this step</source>
        <translation>本步骤约剩 {minutes} 分钟</translation>
    </message>
    <message>
        <source>about {seconds} s left in this step</source>
        <translation>本步骤约剩 {seconds} 秒</translation>
    </message>
    <message>
        <source>The run ended with code {code}. Start it again: it goes on where it was.</source>
        <translation>运行以代码 {code} 结束。请再次启动：它会从原处继续。</translation>
    </message>
    <message>
        <source>It was not brought into force (code {code}).</source>
        <translation>未能投入使用（代码 {code}）。</translation>
    </message>
</context>
<context>
    <name>RetrainSteps</name>
    <message>
        <source>Keep this version of the data</source>
        <translation>保存此版本的数据</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Calibrate: accepted risk to limits</source>
        <translation>标定：由可接受风险得出限值</translation>
    </message>
    <message>
        <source>Compare with the champion on frozen parts</source>
        <translation>用冻结的工件与现用模型包比较</translation>
    </message>
    <message>
        <source>Judge every regression case</source>
        <translation>判定每个回归案例</translation>
    </message>
    <message>
        <source>Write the report</source>
        <translation>编写报告</translation>
    </message>
</context>
<context>
    <name>RetrainVerdict</name>
    <message>
        <source>No worse than the champion</source>
        <translation>不逊于现用模型包</translation>
    </message>
    <message>
        <source>It passes no known miss. Read the report, then decide.</source>
        <translation>它不会放行任何已知漏检。请阅读报告后再决定。</translation>
    </message>
    <message>
        <source>The first package</source>
        <translation>第一个模型包</translation>
    </message>
    <message>
        <source>There is no champion to compare with; it passes no known miss. Read the report.</source>
        <translation>尚无可比较的现用模型包；它不会放行任何已知漏检。请阅读报告。</translation>
    </message>
    <message>
        <source>Not shown to be as good</source>
        <translation>未能证明同样好</translation>
    </message>
    <message>
        <source>On these parts it is not shown that the new package is no worse than the champion: more or better labels, or more frozen parts, can show it.</source>
        <translation>在这些工件上未能证明新模型包不逊于现用模型包：更多或更好的标签，或更多冻结的工件，可能给出证明。</translation>
    </message>
    <message>
        <source>A part that is known to have been missed would pass: this package stays out.</source>
        <translation>一个已知漏检的工件会被放行：该模型包不得使用。</translation>
    </message>
    <message>
        <source>In force already</source>
        <translation>已在使用</translation>
    </message>
    <message>
        <source>The package of this data judges already.</source>
        <translation>此数据的模型包已在判定。</translation>
    </message>
    <message>
        <source>Nothing to do</source>
        <translation>无需处理</translation>
    </message>
    <message>
        <source>A known miss is passed again</source>
        <translation>已知漏检再次被放行</translation>
    </message>
</context>
<context>
    <name>ReviewPage</name>
    <message>
        <source>Review</source>
        <translation>标签审核</translation>
    </message>
    <message>
        <source>Note:</source>
        <translation>备注:</translation>
    </message>
    <message>
        <source>Class:</source>
        <translation>类别:</translation>
    </message>
    <message>
        <source>Choose an image first.</source>
        <translation>请先选择一张图像。</translation>
    </message>
    <message>
        <source>A heat map needs a model: inspector review DATASET --package PACKAGE</source>
        <translation>热图需要模型:inspector review DATASET --package PACKAGE</translation>
    </message>
    <message>
        <source>Kept at the left. Go to another image to compare; C ends it.</source>
        <translation>已保留在左侧。转到另一张图像进行比较;按 C 结束。</translation>
    </message>
    <message>
        <source>The part has no other view.</source>
        <translation>该工件没有其他视图。</translation>
    </message>
    <message>
        <source>The queues are new: G chooses one.</source>
        <translation>队列已更新:按 G 选择。</translation>
    </message>
    <message>
        <source>{images} images · {classes} classes · {who} · all saved</source>
        <translation>{images} 张图像 · {classes} 个类别 · {who} · 全部已保存</translation>
    </message>
</context>
<context>
    <name>RiskControls</name>
    <message>
        <source>Accepted escapes</source>
        <translation>可接受的漏检率</translation>
    </message>
    <message>
        <source>Accepted overkill</source>
        <translation>可接受的过杀率</translation>
    </message>
    <message>
        <source>Confidence of each promise</source>
        <translation>每项保证的置信度</translation>
    </message>
    <message>
        <source>expected</source>
        <translation>期望值</translation>
    </message>
    <message>
        <source>The rate on average over many calibrations (conformal risk control)</source>
        <translation>多次标定的平均比率（保形风险控制）</translation>
    </message>
</context>
<context>
    <name>RiskPage</name>
    <message>
        <source>Risk</source>
        <translation>风险</translation>
    </message>
    <message>
        <source>Choose a model package…</source>
        <translation>选择模型包…</translation>
    </message>
    <message>
        <source>Back  Esc</source>
        <translation>返回  Esc</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Choose a data set and calibrate…</source>
        <translation>选择数据集并标定…</translation>
    </message>
    <message>
        <source>Keep the calibration</source>
        <translation>保留当前标定</translation>
    </message>
    <message>
        <source>its validation parts</source>
        <translation>其中的验证集工件</translation>
    </message>
    <message>
        <source>its test parts</source>
        <translation>其中的测试集工件</translation>
    </message>
    <message>
        <source>all its parts</source>
        <translation>全部工件</translation>
    </message>
    <message>
        <source>Which model package?</source>
        <translation>选择哪个模型包？</translation>
    </message>
    <message>
        <source>State the risk that you accept, and see what it costs: parts move between PASS, REVIEW and FAIL as you drag it. Choose the folder of a model package to begin.</source>
        <translation>设定您可接受的风险，并查看其代价：拖动时，工件会在合格、待复核与不合格之间移动。请先选择模型包文件夹。</translation>
    </message>
    <message>
        <source>Calibrate anew</source>
        <translation>重新标定</translation>
    </message>
    <message>
        <source>This package has not been calibrated</source>
        <translation>该模型包尚未标定</translation>
    </message>
    <message>
        <source>Limits promise something only on parts that the package was not trained on. Choose a data set: every part of it is judged once, and then any risk can be tried here at once.</source>
        <translation>只有用未参与训练的工件，限值才能给出保证。请选择数据集：其中每个工件判定一次，之后可在此立即试验任何风险。</translation>
    </message>
    <message>
        <source>Model package</source>
        <translation>模型包</translation>
    </message>
    <message>
        <source>Folder of the new package</source>
        <translation>新模型包的文件夹</translation>
    </message>
    <message>
        <source>Saved into {package}</source>
        <translation>已保存到 {package}</translation>
    </message>
    <message>
        <source>about {seconds} s left</source>
        <translation>大约还需 {seconds} 秒</translation>
    </message>
    <message>
        <source>working …</source>
        <translation>进行中…</translation>
    </message>
    <message>
        <source>Folder of the data set {name}</source>
        <translation>数据集 {name} 的文件夹</translation>
    </message>
</context>
<context>
    <name>RiskView</name>
    <message>
        <source>Every calibration part by its worst view. Drag a limit. Height: square root of the parts.</source>
        <translation>每个标定工件按其最差视图显示。可拖动限值。高度：件数的平方根。</translation>
    </message>
    <message>
        <source>What it costs in good parts. Drag the marker.</source>
        <translation>以良品计的代价。可拖动标记。</translation>
    </message>
    <message>
        <source>Strictly, a promise holds for a risk that was chosen before looking at these parts: for an audit, calibrate on parts of their own.</source>
        <translation>严格地说，保证只对查看这些工件之前选定的风险成立：用于审核时，请用另一批工件标定。</translation>
    </message>
    <message>
        <source>Save into the package  Ctrl+S</source>
        <translation>保存到模型包  Ctrl+S</translation>
    </message>
    <message>
        <source>Save as another package…</source>
        <translation>另存为模型包…</translation>
    </message>
    <message>
        <source>Calibrate on a data set…</source>
        <translation>用数据集标定…</translation>
    </message>
    <message>
        <source>✕  No limits keep this</source>
        <translation>✕  没有限值能满足要求</translation>
    </message>
    <message>
        <source>Limits on the defect score: PASS below {low}, FAIL from {high}.</source>
        <translation>缺陷得分的限值：低于 {low} 为合格，达到 {high} 为不合格。</translation>
    </message>
    <message>
        <source>✓  Proven on these parts</source>
        <translation>✓  已由这些工件证明</translation>
    </message>
    <message>
        <source>One limit keeps both promises: nobody has to review.</source>
        <translation>一个限值即可满足两项保证：无需人工复核。</translation>
    </message>
    <message>
        <source>◆  Too few parts to promise this</source>
        <translation>◆  工件太少，无法保证</translation>
    </message>
    <message>
        <source>The bands show the smallest risk that these parts support.</source>
        <translation>图中显示的是这些工件所能支持的最小风险。</translation>
    </message>
</context>
<context>
    <name>Role</name>
    <message>
        <source>operator</source>
        <translation>操作员</translation>
    </message>
    <message>
        <source>engineer</source>
        <translation>工程师</translation>
    </message>
    <message>
        <source>administrator</source>
        <translation>管理员</translation>
    </message>
    <message>
        <source>auditor</source>
        <translation>审核员</translation>
    </message>
</context>
<context>
    <name>ScorePlot</name>
    <message>
        <source>defect score</source>
        <translation>缺陷得分</translation>
    </message>
    <message>
        <source>good parts ↑</source>
        <translation>良品 ↑</translation>
    </message>
    <message>
        <source>defective parts ↓</source>
        <translation>不良件 ↓</translation>
    </message>
</context>
<context>
    <name>ShareChart</name>
    <message>
        <source>{label}
{rejects} of {parts} rejected: {share}
limits {lower} – {upper}</source>
        <translation>{label}
{parts} 件中剔除 {rejects}：{share}
控制限 {lower} – {upper}</translation>
    </message>
</context>
<context>
    <name>Signal</name>
    <message>
        <source>above the upper limit</source>
        <translation>超出上限</translation>
    </message>
    <message>
        <source>below the lower limit</source>
        <translation>低于下限</translation>
    </message>
    <message>
        <source>eight in a row on one side</source>
        <translation>连续八点在同侧</translation>
    </message>
</context>
<context>
    <name>Splits</name>
    <message>
        <source>train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>test</source>
        <translation>测试</translation>
    </message>
</context>
<context>
    <name>Standing</name>
    <message>
        <source>Challenge passed: {count} known bad parts were rejected. Inspection goes on.</source>
        <translation>挑战验证通过：{count} 个已知不良件已被剔除。检测继续进行。</translation>
    </message>
    <message>
        <source>promoted</source>
        <translation>已升级</translation>
    </message>
    <message>
        <source>rollback</source>
        <translation>回退</translation>
    </message>
    <message>
        <source>Package {package} judges from now on ({reason}; before: {previous})</source>
        <translation>从现在起由模型包 {package} 判定（{reason}；之前：{previous}）</translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>Sees every part, decides, and writes the decision down before it lets the part go.</source>
        <translation>检查每一个工件，作出判定，先记录再放行。</translation>
    </message>
    <message>
        <source>Try the demo line</source>
        <translation>试用演示线</translation>
    </message>
    <message>
        <source>Draws pictures of washers, trains a small network and inspects a simulated line. About two minutes.</source>
        <translation>绘制垫圈图片，训练一个小型网络，并检测模拟产线。大约两分钟。</translation>
    </message>
    <message>
        <source>Open a camera</source>
        <translation>打开相机</translation>
    </message>
    <message>
        <source>Your own camera, stream, video or picture folder, with a model package that you trained.</source>
        <translation>使用您自己的相机、视频流、视频或图片文件夹，以及您训练的模型包。</translation>
    </message>
    <message>
        <source>Open a recipe</source>
        <translation>打开配方</translation>
    </message>
    <message>
        <source>A recipe file that somebody made for a product.</source>
        <translation>为某个产品制作的配方文件。</translation>
    </message>
    <message>
        <source>State the risk</source>
        <translation>设定风险</translation>
    </message>
    <message>
        <source>Choose which rate of escapes you accept, see what it costs, and let the data prove it.</source>
        <translation>选择可接受的漏检率，查看其代价，并由数据证明。</translation>
    </message>
    <message>
        <source>Find a part</source>
        <translation>查找工件</translation>
    </message>
    <message>
        <source>What the station saw, decided and why, and the proof that nobody changed it.</source>
        <translation>检测站看到了什么、如何判定及其原因，以及无人更改的证明。</translation>
    </message>
    <message>
        <source>See how the line does</source>
        <translation>查看产线表现</translation>
    </message>
    <message>
        <source>Yield, rejects by class, control chart and overrides, by shift, day and product.</source>
        <translation>按班次、日期和产品统计合格率、剔除类别、控制图与改判。</translation>
    </message>
    <message>
        <source>Used last</source>
        <translation>最近使用</translation>
    </message>
</context>
<context>
    <name>State</name>
    <message>
        <source>starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>challenge</source>
        <translation>挑战验证</translation>
    </message>
    <message>
        <source>running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>fault</source>
        <translation>故障</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
</context>
<context>
    <name>Statistics</name>
    <message>
        <source>Statistics</source>
        <translation>统计</translation>
    </message>
    <message>
        <source>Images per class; click to see them</source>
        <translation>各类别图像数；点击可查看</translation>
    </message>
    <message>
        <source>Images per size in pixels</source>
        <translation>各像素尺寸的图像数</translation>
    </message>
    <message>
        <source>Width by height (root scale)</source>
        <translation>宽高比（平方根刻度）</translation>
    </message>
    <message>
        <source>Brightness of a sample (root scale)</source>
        <translation>样本亮度（平方根刻度）</translation>
    </message>
    <message>
        <source>Contrast of a sample (root scale)</source>
        <translation>样本对比度（平方根刻度）</translation>
    </message>
    <message>
        <source>Duplicates</source>
        <translation>重复</translation>
    </message>
    <message>
        <source>Show pairs with different labels</source>
        <translation>查看标签不同的图像对</translation>
    </message>
    <message>
        <source>Show pairs across splits</source>
        <translation>查看跨划分的图像对</translation>
    </message>
    <message>
        <source>{images} images of {parts} parts, {reviewed} vouched for by a person</source>
        <translation>{parts} 个工件的 {images} 张图像，其中 {reviewed} 张经人确认</translation>
    </message>
    <message>
        <source>{low} to {high}
images: {count}, far from all others: {far}</source>
        <translation>{low} 至 {high}
图像：{count}，明显偏离：{far}</translation>
    </message>
    <message>
        <source>{name}
images: {count} ({train} train, {validation} validation, {test} test)
vouched for by a person: {reviewed}</source>
        <translation>{name}
图像：{count}（训练 {train}，验证 {validation}，测试 {test}）
经人确认：{reviewed}</translation>
    </message>
    <message>
        <source>Thousands of pixels: {count} different sizes (root scale)</source>
        <translation>千像素：{count} 种不同尺寸（平方根刻度）</translation>
    </message>
    <message>
        <source>{size}
images: {count}</source>
        <translation>{size}
图像：{count}</translation>
    </message>
    <message>
        <source>Images measured: {count}.</source>
        <translation>已测量图像：{count}。</translation>
    </message>
    <message>
        <source>Files that could not be read: {count}.</source>
        <translation>无法读取的文件：{count}。</translation>
    </message>
    <message>
        <source>Identical copies left out at the import: {count}.</source>
        <translation>导入时略去的相同副本：{count}。</translation>
    </message>
    <message>
        <source>Files that could not be taken: {count}. `inspector dataset check` says why.</source>
        <translation>未能采用的文件：{count}。原因见 `inspector dataset check`。</translation>
    </message>
    <message>
        <source>Pairs that are nearly the same: {count}; with different labels: {labels}, across splits: {splits}.</source>
        <translation>几乎相同的图像对：{count}；标签不同：{labels}，跨划分：{splits}。</translation>
    </message>
    <message>
        <source>no class yet</source>
        <translation>尚无类别</translation>
    </message>
    <message>
        <source>Brightness and contrast are read from the files: a moment for a sample.</source>
        <translation>亮度和对比度从文件中读取：抽样测量只需片刻。</translation>
    </message>
    <message>
        <source>Measure a sample</source>
        <translation>测量样本</translation>
    </message>
    <message>
        <source>Measure again</source>
        <translation>重新测量</translation>
    </message>
    <message>
        <source>Near-duplicates: run the audit to find them.</source>
        <translation>近似重复：请运行审查来查找。</translation>
    </message>
</context>
<context>
    <name>Tabs</name>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>分布图</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>统计</translation>
    </message>
    <message>
        <source>Agreement</source>
        <translation>一致性</translation>
    </message>
    <message>
        <source>Retrain</source>
        <translation>重新训练</translation>
    </message>
</context>
<context>
    <name>Verdict</name>
    <message>
        <source>PASS</source>
        <translation>合格</translation>
    </message>
    <message>
        <source>FAIL</source>
        <translation>不合格</translation>
    </message>
    <message>
        <source>REVIEW</source>
        <translation>待复核</translation>
    </message>
    <message>
        <source>ERROR</source>
        <translation>错误</translation>
    </message>
</context>
<context>
    <name>VerdictPanel</name>
    <message>
        <source>last: {verdict}, {what}</source>
        <translation>上一件：{verdict}，{what}</translation>
    </message>
    <message>
        <source>Confirm  ⏎</source>
        <translation>确认  ⏎</translation>
    </message>
    <message>
        <source>Override…  O</source>
        <translation>改判…  O</translation>
    </message>
    <message>
        <source>Why?  W</source>
        <translation>原因  W</translation>
    </message>
    <message>
        <source>For the earlier part {part}:</source>
        <translation>针对之前的工件 {part}：</translation>
    </message>
    <message>
        <source>challenge part {part}  ·  not counted</source>
        <translation>挑战件 {part}  ·  不计入统计</translation>
    </message>
    <message>
        <source>part {part}  ·  {time}</source>
        <translation>工件 {part}  ·  {time}</translation>
    </message>
    <message>
        <source>Known bad part, rejected as it must be.</source>
        <translation>已知不良件，已按要求剔除。</translation>
    </message>
    <message>
        <source>Known bad part, but called PASS!</source>
        <translation>已知不良件，却被判为合格！</translation>
    </message>
    <message>
        <source>Not caught!</source>
        <translation>未检出！</translation>
    </message>
    <message>
        <source>Challenge</source>
        <translation>挑战验证</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Fault</source>
        <translation>故障</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
</context>
<context>
    <name>Why</name>
    <message>
        <source>Reviewers differ ({said}); a third one decides with a class key.</source>
        <translation>审核人意见不同({said});由第三人按类别键裁定。</translation>
    </message>
    <message>
        <source>Station {station} passed part {serial}; a person calls it defective.</source>
        <translation>工位 {station} 放行了工件 {serial},但人工判定有缺陷。</translation>
    </message>
    <message>
        <source>A person changed the verdict of station {station}: part {serial}.</source>
        <translation>人工更改了工位 {station} 的判定:工件 {serial}。</translation>
    </message>
    <message>
        <source>Station {station} asked for a person: part {serial}.</source>
        <translation>工位 {station} 请求人工复核:工件 {serial}。</translation>
    </message>
    <message>
        <source>The line had changed when station {station} judged part {serial}.</source>
        <translation>工位 {station} 判定工件 {serial} 时产线已发生变化。</translation>
    </message>
    <message>
        <source>Station {station} gave no verdict: part {serial}.</source>
        <translation>工位 {station} 未给出判定:工件 {serial}。</translation>
    </message>
    <message>
        <source>Drawn at random from what station {station} passed: part {serial}.</source>
        <translation>从工位 {station} 放行的工件中随机抽取:工件 {serial}。</translation>
    </message>
    <message>
        <source>To models that did not see it, it looks like {suggested} ({likely}).</source>
        <translation>未见过它的模型认为它像 {suggested}({likely})。</translation>
    </message>
    <message>
        <source>{suggested} is a little likelier ({likely}) than {given} ({own}).</source>
        <translation>{suggested}({likely})比 {given}({own})稍更可能。</translation>
    </message>
    <message>
        <source>The model says {suggested}: another verdict (defect score {score}).</source>
        <translation>模型判为 {suggested}:判定不同(缺陷分数 {score})。</translation>
    </message>
    <message>
        <source>The model says {suggested} (defect score {score}).</source>
        <translation>模型判为 {suggested}(缺陷分数 {score})。</translation>
    </message>
    <message>
        <source>Defect score {score}: between PASS and FAIL.</source>
        <translation>缺陷分数 {score}:介于合格与不合格之间。</translation>
    </message>
    <message>
        <source>Defect score {score}: as likely good as defective.</source>
        <translation>缺陷分数 {score}:良品与缺陷的可能性相当。</translation>
    </message>
    <message>
        <source>Passed by station {station}, and defective: part {serial}.</source>
        <translation>工位 {station} 放行但有缺陷:工件 {serial}。</translation>
    </message>
    <message>
        <source>Unlike anything in train: {times} times the usual distance to its neighbours.</source>
        <translation>与训练集中的图像都不同:与相邻图像的距离为通常的 {times} 倍。</translation>
    </message>
    <message>
        <source>Leakage: the same picture stands in {split} and in {other_split}: {other}.</source>
        <translation>泄漏:同一图像同时在{split}和{other_split}中:{other}。</translation>
    </message>
    <message>
        <source>Leakage: the same picture stands in {split} and, labelled {other_label}, in {other_split}: {other}.</source>
        <translation>泄漏:同一图像在{split}中,并以标签 {other_label} 在{other_split}中:{other}。</translation>
    </message>
    <message>
        <source>The same picture stands twice in {split}: {other}.</source>
        <translation>同一图像在{split}中出现两次:{other}。</translation>
    </message>
    <message>
        <source>The same picture stands twice in {split}, also labelled {other_label}: {other}.</source>
        <translation>同一图像在{split}中出现两次,另一标签为 {other_label}:{other}。</translation>
    </message>
    <message>
        <source>{given} has {count} of {of} images: each label weighs much.</source>
        <translation>{given} 仅占 {of} 张中的 {count} 张:每个标签都很重要。</translation>
    </message>
    <message>
        <source>Random sample, {rank} of {size}: an honest estimate of the wrong labels.</source>
        <translation>随机样本 {rank}/{size}:用于如实估计错误标签的比例。</translation>
    </message>
</context>
<context>
    <name>WhySheet</name>
    <message>
        <source>Why {verdict}: part {part}</source>
        <translation>为何{verdict}：工件 {part}</translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation>关闭  Esc</translation>
    </message>
    <message>
        <source>The judged picture</source>
        <translation>被判定的图像</translation>
    </message>
    <message>
        <source>Where the model sees evidence of a defect</source>
        <translation>模型发现缺陷依据的位置</translation>
    </message>
    <message>
        <source>No heat map: made for FAIL and REVIEW, shortly after the decision</source>
        <translation>无热力图：仅为不合格和待复核工件在判定后不久生成</translation>
    </message>
    <message>
        <source>Why {verdict}: known bad part {part} of the challenge</source>
        <translation>{verdict} 的原因：挑战验证的已知不良件 {part}</translation>
    </message>
    <message>
        <source>defect score</source>
        <translation>缺陷得分</translation>
    </message>
    <message>
        <source>anomaly score</source>
        <translation>异常分数</translation>
    </message>
    <message>
        <source>decided</source>
        <translation>判定时间</translation>
    </message>
    <message>
        <source>recipe</source>
        <translation>配方</translation>
    </message>
    <message>
        <source>model package</source>
        <translation>模型包</translation>
    </message>
    <message>
        <source>record</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>stage times in ms</source>
        <translation>各阶段用时（毫秒）</translation>
    </message>
    <message>
        <source>passes below {low}, fails from {high}</source>
        <translation>低于 {low} 合格，达到 {high} 不合格</translation>
    </message>
    <message>
        <source>limits of the anomaly score</source>
        <translation>异常分数的限值</translation>
    </message>
</context>
<context>
    <name>YieldChart</name>
    <message>
        <source>{label}
{share} passed at once ({parts} parts)</source>
        <translation>{label}
{share} 一次合格（{parts} 件）</translation>
    </message>
</context>
<context>
    <name>_Model</name>
    <message>
        <source>images: {count}, {share} of the row</source>
        <translation>图像：{count}，占本行 {share}</translation>
    </message>
    <message>
        <source>suggested
{name}</source>
        <translation>建议
{name}</translation>
    </message>
    <message>
        <source>no class yet</source>
        <translation>尚无类别</translation>
    </message>
</context>
</TS>
