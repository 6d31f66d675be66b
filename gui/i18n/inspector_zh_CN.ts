<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>Actions</name>
    <message>
        <source>Start / stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trigger</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Override</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next review</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look at an older reject</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look at a newer reject</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close, or back to the live part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Acknowledge a fault</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exchange live and judged picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next view of the part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light / dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Operator</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a recipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop and quit</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Amendment</name>
    <message>
        <source>confirmed by {who}, {time}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>overridden to {verdict} by {who}, {time}: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>corrected by the station, {time}: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CameraPage</name>
    <message>
        <source>No model package is chosen.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the folder that `inspector train … --out` wrote, or try the demo line first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a camera</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Judged by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A part is there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Product</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>when the operator says so (Space)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>when something comes into the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by the clock</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>camera, rtsp://address, video file or picture folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>folder of a model package</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name of the product</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take a test picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make the recipe and open it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The test picture will stand here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Picture folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model package</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the camera …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No picture.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Classes</name>
    <message>
        <source>good</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scratch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>crack</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>missing feature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>chip</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Counters</name>
    <message>
        <source>parts today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>passed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fail</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>review</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reject share, with its 3σ limit</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DemoProgressPage</name>
    <message>
        <source>The demo line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is done once, and only on this PC. The next start goes straight to the line.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw pictures of washers, some of them defective</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train a small network on them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write the recipe of the line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>about {seconds} s left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>working …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the network is shown: every picture in ever new light and position</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The preparation ended with code {code}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Desk</name>
    <message>
        <source>The line stands still: start it with F5.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Part {part} is confirmed already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This part is no longer kept by the window; `inspector log show` has it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No part waits for review.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heat map on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Heat map off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recorded: part {part}, {said}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The picture cannot be shown: {why}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your word on part {part} was NOT recorded: {why}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No part has been judged yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The part changed at that moment: nothing was done. Choose it in the strip below.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EarlierBanner</name>
    <message>
        <source>Back to live  Esc</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at an earlier part: {part}, {time}, {verdict}: {what}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FaultBand</name>
    <message>
        <source>Acknowledge  A</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All parts are rejected meanwhile.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and {count} more</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Faults</name>
    <message>
        <source>The camera gives no picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model cannot judge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The disk is full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decisions cannot be recorded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The recipe cannot be used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The reject gate does not answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The program made a mistake</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the camera&apos;s cable and power. The station reconnects by itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop and start the station (F5). If it comes again, call the engineer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free disk space; the station goes on by itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the disk that holds the log. The station goes on by itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open another recipe, or call the engineer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the reject gate and its connection.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restart the station (F5) and report the message below.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Footer</name>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>·  camera lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>·  camera ok</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>·  disk {used} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Operator</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Who works here; stands in every confirmation and override (F10)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language (F8)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light or dark (F9)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a recipe…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start page</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>KeysSheet</name>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Open a recipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recipes (*.toml)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OperatorPage</name>
    <message>
        <source>judged part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>live</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OperatorSheet</name>
    <message>
        <source>Operator</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your name stands in every confirmation and override that you record.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take this name  ⏎</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OverrideSheet</name>
    <message>
        <source>Override part {part}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The station said {verdict}. That record stays as it is; yours is added to it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your verdict</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note (may stay empty)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Record  ⏎</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel  Esc</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a reason. Nothing is recorded before Enter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Will be recorded: part {part}, {old} overridden to {new} by {who}: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Reason</name>
    <message>
        <source>(passes below {limit})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(fails from {limit})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(between {low} and {high})</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Reasons</name>
    <message>
        <source>Within tolerance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dirt or dust, not a defect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reflection or shadow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Defect that was missed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another kind of defect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Part lay wrongly, will be inspected again</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RejectStrip</name>
    <message>
        <source>Last rejects: click one to look again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No rejects yet. Parts that fail, need review or could not be judged will stand here.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>Sees every part, decides, and writes the decision down before it lets the part go.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try the demo line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draws pictures of washers, trains a small network and inspects a simulated line. About two minutes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a camera</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your own camera, stream, video or picture folder, with a model package that you trained.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a recipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A recipe file that somebody made for a product.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Used last</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>State</name>
    <message>
        <source>starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fault</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stopped</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Verdict</name>
    <message>
        <source>PASS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FAIL</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>REVIEW</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ERROR</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>VerdictPanel</name>
    <message>
        <source>Confirm  ⏎</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Override…  O</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why?  W</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For the earlier part {part}:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>part {part}  ·  {time}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fault</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ready</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WhySheet</name>
    <message>
        <source>Why {verdict}: part {part}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close  Esc</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The judged picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the model sees evidence of a defect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No heat map: made for FAIL and REVIEW, shortly after the decision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>defect score, with its limits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>decided</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>model package</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>record</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stage times in ms</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
