# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A stand-in of the commands of Windows that the collection uses, over one JSON file, for PowerShell on other systems. Parameters, words and
# refusals are those of Microsoft's reference of the modules NetSecurity and ScheduledTasks. It knows no packets and no Group Policy editor.
#   STAND_IN              the file: rules, guests (Hyper-V firewall), profiles, tasks, listeners, firewalls, boot
#   STAND_IN_LOG          gets a line for each call
#   STAND_IN_SOCKETS      if set, the sockets of this machine that listen are there, too
#   STAND_IN_REFUSE       a display name whose creation Windows refuses
#   STAND_IN_REFUSE_AT    the number of the write that is refused
#   STAND_IN_DIE_BEFORE, STAND_IN_DIE_AFTER    the number of the write before or after which the process dies
Set-StrictMode -Version 3.0
$script:writes = 0

function Read-StandIn { Get-Content -LiteralPath $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable }
function Save-StandIn($State) { [IO.File]::WriteAllText($env:STAND_IN, ($State | ConvertTo-Json -Depth 8)) }
function Write-StandInCall([string] $Text) { if ($env:STAND_IN_LOG) { [IO.File]::AppendAllText($env:STAND_IN_LOG, "$Text`n") } }
function Stop-StandIn { [Diagnostics.Process]::GetCurrentProcess().Kill(); Start-Sleep -Seconds 60 }

function Step-StandIn {
    # One write: it is refused, or the process dies before or after it, where the environment says so.
    param([Parameter(Mandatory)] [string] $What, [Parameter(Mandatory)] [scriptblock] $Write)
    $script:writes++
    Write-StandInCall "write $script:writes $What"
    if ("$script:writes" -eq $env:STAND_IN_REFUSE_AT) { throw [UnauthorizedAccessException] 'Access is denied.' }
    if ("$script:writes" -eq $env:STAND_IN_DIE_BEFORE) { Stop-StandIn }
    & $Write
    if ("$script:writes" -eq $env:STAND_IN_DIE_AFTER) { Stop-StandIn }
}

function Deny($Message, $Category = 'InvalidArgument') {
    $failure = [Management.Automation.ErrorRecord]::new([Exception] $Message, 'StandIn', $Category, $null)
    $PSCmdlet.ThrowTerminatingError($failure)
}

# [MS-FASP] 2.2.5 to 2.2.11: 1000 entries of a family.
function Test-Address([string[]] $Texts) {
    foreach ($mark in '.', ':') { if (@($Texts | Where-Object { $_.Contains($mark) }).Count -gt 1000) { throw 'The rule has too many addresses of one family.' } }
    foreach ($text in $Texts) {
        if ($text -in 'Any', 'LocalSubnet', 'LocalSubnet4', 'LocalSubnet6', 'DNS', 'DHCP', 'WINS', 'DefaultGateway', 'Internet', 'Intranet') { continue }
        $parsed = $null
        foreach ($part in ($text -split '-')) {
            $start, $length = $part -split '/', 2
            if (-not [ipaddress]::TryParse($start, [ref] $parsed)) { throw "The address is invalid: $text" }
            if ($length -and $length -notmatch '\.' -and ([int] $length -eq 0 -or [int] $length -gt 128)) { throw "The address is invalid: $text" }
        }
    }
}
function Test-Port([string] $Protocol, [string[]] $Texts) {
    foreach ($text in $Texts) {
        if ($text -eq 'Any') { continue }
        if ($Protocol -notin 'TCP', 'UDP', '6', '17') { throw 'A port was given, and the protocol has none.' }
        if ($text -in 'RPC', 'RPCEPMap', 'IPHTTPSIn', 'IPHTTPSOut', 'Teredo', 'PlayToDiscovery') { continue }
        $low, $high = $text -split '-', 2
        if ($text -notmatch '^\d+(-\d+)?$' -or [int] $low -gt 65535 -or ($high -and ([int] $high -gt 65535 -or [int] $high -lt [int] $low))) { throw "The port is invalid: $text" }
    }
}
# Windows gives IPv4 networks back with a mask.
function Convert-Address([string[]] $Texts) {
    , @(foreach ($text in $Texts) {
            if ($text -notmatch '^([\d.]+)/(\d+)$') { $text; continue }
            $address, $bits = $Matches[1], [int] $Matches[2]
            if ($bits -eq 32) { $address; continue }
            $mask = [uint32]::MaxValue -shl (32 - $bits)
            "$address/" + ((24, 16, 8, 0 | ForEach-Object { ($mask -shr $_) -band 255 }) -join '.')
        })
}
function One($List) { if (@($List).Count -eq 1) { @($List)[0] } else { , @($List) } }
function Select-Store($Rules, $Store) {
    switch ($Store) {
        'ActiveStore' { $Rules }
        { $_ -in '', 'PersistentStore' } { $Rules | Where-Object { $_.SourceType -eq 'Local' } }
        default { throw "The policy store is unknown here: $_" }
    }
}
function Show-Rule($Rule) {
    [pscustomobject] @{
        PSTypeName = 'MSFT_NetFirewallRule'; Name = $Rule.Name; InstanceID = $Rule.Name; DisplayName = $Rule.DisplayName; Group = $Rule.Group
        Description = $Rule.Description; Enabled = $Rule.Enabled; Profile = $Rule.Profile; Direction = $Rule.Direction; Action = $Rule.Action
        PolicyStoreSourceType = $Rule.SourceType; EdgeTraversalPolicy = 'Block'
    }
}
function Find-Rule($State, $Bound, [string] $Store) {
    $found = @(Select-Store $State.rules $Store | Where-Object {
            (-not $Bound.ContainsKey('Name') -or $_.Name -in $Bound.Name) -and (-not $Bound.ContainsKey('DisplayName') -or $_.DisplayName -in $Bound.DisplayName) -and
            (-not $Bound.ContainsKey('Group') -or $_.Group -in $Bound.Group) -and (-not $Bound.ContainsKey('InputObject') -or $_.Name -ceq $Bound.InputObject.Name)
        })
    , $found
}

function Get-NetFirewallRule {
    [CmdletBinding()] param([Parameter(Position = 0)] [string[]] $Name, [string[]] $DisplayName, [string[]] $Group, [string] $PolicyStore)
    Write-StandInCall "Get-NetFirewallRule $PolicyStore"
    $found = Find-Rule (Read-StandIn) $PSBoundParameters $PolicyStore
    if ($found.Count -eq 0 -and ($Name -or $DisplayName -or $Group)) { Write-Error 'No MSFT_NetFirewallRule objects found.' -Category ObjectNotFound; return }
    $found | ForEach-Object { Show-Rule $_ }
}
function New-NetFirewallRule {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory)] [string] $DisplayName, [string] $PolicyStore, [string] $Name = ('{' + [guid]::NewGuid() + '}'),
        [string] $Description = '', [string] $Group = '', [ValidateSet('True', 'False')] [string] $Enabled = 'True', [string] $Profile = 'Any',
        [ValidateSet('Inbound', 'Outbound')] [string] $Direction = 'Inbound', [ValidateSet('NotConfigured', 'Allow', 'Block')] [string] $Action = 'Allow',
        [string[]] $LocalAddress = 'Any', [string[]] $RemoteAddress = 'Any', [string] $Protocol = 'Any', [string[]] $LocalPort = 'Any',
        [string[]] $RemotePort = 'Any', [string[]] $IcmpType = 'Any', [string] $Program = 'Any', [string] $Package = '', [string] $Service = 'Any'
    )
    Write-StandInCall "New-NetFirewallRule $DisplayName"
    try {
        if ($DisplayName.Contains('|') -or $Description.Contains('|')) { throw 'The text contains an invalid character: |' }
        Test-Address $RemoteAddress; Test-Address $LocalAddress; Test-Port $Protocol $LocalPort; Test-Port $Protocol $RemotePort
        if ($IcmpType[0] -ne 'Any' -and $Protocol -notin 'ICMPv4', 'ICMPv6') { throw 'An ICMP type was given, and the protocol has none.' }
        if ($env:STAND_IN_REFUSE -and $DisplayName -clike $env:STAND_IN_REFUSE) { throw 'Access is denied.' }
    }
    catch { Deny $_.Exception.Message }
    if (-not $PSCmdlet.ShouldProcess($DisplayName, 'New-NetFirewallRule')) { return }
    $rule = @{
        Name = $Name; DisplayName = $DisplayName; Description = $Description; Group = $Group; Enabled = $Enabled; Profile = $Profile; Direction = $Direction
        Action = $Action; Protocol = $Protocol; LocalPort = $LocalPort; RemotePort = $RemotePort; LocalAddress = (Convert-Address $LocalAddress)
        RemoteAddress = (Convert-Address $RemoteAddress); IcmpType = $IcmpType; Program = $Program; Package = $Package; Service = $Service; SourceType = 'Local'
    }
    Step-StandIn "New-NetFirewallRule $DisplayName" {
        $state = Read-StandIn
        if (@($state.rules | Where-Object { $_.Name -eq $Name }).Count -gt 0) { throw 'Cannot create a file when that file already exists.' }
        $state.rules = @($state.rules) + $rule
        Save-StandIn $state
    }
    Show-Rule $rule
}
function Set-NetFirewallRule {
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Position = 0)] [string[]] $Name, [string[]] $DisplayName, $InputObject, [string] $PolicyStore, [ValidateSet('True', 'False')] [string] $Enabled, [string[]] $RemoteAddress, [string] $Program)
    Write-StandInCall "Set-NetFirewallRule $Name"
    $found = Find-Rule (Read-StandIn) $PSBoundParameters 'PersistentStore'
    if ($found.Count -eq 0) { Write-Error 'No MSFT_NetFirewallRule objects found.' -Category ObjectNotFound; return }
    if (-not $PSCmdlet.ShouldProcess("$Name", 'Set-NetFirewallRule')) { return }
    $names = @($found | ForEach-Object { $_.Name })
    $given = $PSBoundParameters
    Step-StandIn "Set-NetFirewallRule $names" {
        $state = Read-StandIn
        foreach ($rule in $state.rules | Where-Object { $_.Name -cin $names }) {
            foreach ($key in 'Enabled', 'Program') { if ($given.ContainsKey($key)) { $rule[$key] = $given[$key] } }
            if ($given.ContainsKey('RemoteAddress')) { $rule.RemoteAddress = Convert-Address $RemoteAddress }
        }
        Save-StandIn $state
    }
}
function Remove-NetFirewallRule {
    [CmdletBinding(SupportsShouldProcess)] param([Parameter(Position = 0)] [string[]] $Name, [string[]] $DisplayName, [string[]] $Group, $InputObject, [string] $PolicyStore)
    Write-StandInCall "Remove-NetFirewallRule $Name"
    $found = Find-Rule (Read-StandIn) $PSBoundParameters 'PersistentStore'
    if ($found.Count -eq 0) { Write-Error 'No MSFT_NetFirewallRule objects found.' -Category ObjectNotFound; return }
    if (-not $PSCmdlet.ShouldProcess("$Name", 'Remove-NetFirewallRule')) { return }
    $names = @($found | ForEach-Object { $_.Name })
    Step-StandIn "Remove-NetFirewallRule $names" {
        $state = Read-StandIn
        $state.rules = @($state.rules | Where-Object { $_.Name -cnotin $names })
        Save-StandIn $state
    }
}
function Show-Filter([string] $Kind, [string] $Store, [string[]] $Properties) {
    Write-StandInCall "Get-NetFirewall${Kind}Filter $Store"
    foreach ($rule in Select-Store (Read-StandIn).rules $Store) {
        $shown = [ordered] @{ InstanceID = $rule.Name }
        foreach ($property in $Properties) { $shown[$property] = if ($rule.ContainsKey($property)) { One $rule[$property] } else { 'Any' } }
        [pscustomobject] $shown
    }
}
function Get-NetFirewallPortFilter { [CmdletBinding()] param([string] $PolicyStore) Show-Filter Port $PolicyStore 'Protocol', 'LocalPort', 'RemotePort', 'IcmpType' }
function Get-NetFirewallAddressFilter { [CmdletBinding()] param([string] $PolicyStore) Show-Filter Address $PolicyStore 'LocalAddress', 'RemoteAddress' }
function Get-NetFirewallApplicationFilter { [CmdletBinding()] param([string] $PolicyStore) Show-Filter Application $PolicyStore 'Program', 'Package' }
function Get-NetFirewallServiceFilter { [CmdletBinding()] param([string] $PolicyStore) Show-Filter Service $PolicyStore 'Service' }
function Get-NetFirewallInterfaceTypeFilter { [CmdletBinding()] param([string] $PolicyStore) Show-Filter InterfaceType $PolicyStore 'InterfaceType' }
function Get-NetFirewallSecurityFilter {
    [CmdletBinding()] param([string] $PolicyStore)
    Show-Filter Security $PolicyStore 'RemoteMachine', 'RemoteUser', 'LocalUser' | Add-Member -NotePropertyName Authentication -NotePropertyValue 'NotRequired' -PassThru
}
function Get-NetFirewallProfile {
    [CmdletBinding()] param([Parameter(Position = 0)] [string[]] $Name, [string] $PolicyStore)
    Write-StandInCall "Get-NetFirewallProfile $PolicyStore"
    foreach ($one in (Read-StandIn).profiles) {
        if ($Name -and $one.Name -notin $Name) { continue }
        $shown = @{} + $one.configured
        if ($PolicyStore -eq 'ActiveStore') {
            $usual = @{ Enabled = 'True'; DefaultInboundAction = 'Block'; DefaultOutboundAction = 'Allow'; AllowLocalFirewallRules = 'True'; AllowInboundRules = 'True' }
            foreach ($key in @($usual.Keys)) {
                if ($one.ContainsKey('policy') -and $one.policy.ContainsKey($key)) { $shown[$key] = $one.policy[$key] }
                elseif ($shown[$key] -eq 'NotConfigured') { $shown[$key] = $usual[$key] }
            }
        }
        $shown.Name = $one.Name
        [pscustomobject] $shown
    }
}
function Set-NetFirewallProfile {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Position = 0)] [string[]] $Name, [switch] $All, [string] $PolicyStore, [ValidateSet('True', 'False', 'NotConfigured')] [string] $Enabled,
        [ValidateSet('NotConfigured', 'Allow', 'Block')] [string] $DefaultInboundAction, [ValidateSet('NotConfigured', 'Allow', 'Block')] [string] $DefaultOutboundAction
    )
    Write-StandInCall "Set-NetFirewallProfile $Name"
    $given = $PSBoundParameters
    if (-not $PSCmdlet.ShouldProcess("$Name", 'Set-NetFirewallProfile')) { return }
    Step-StandIn "Set-NetFirewallProfile $Name" {
        $state = Read-StandIn
        foreach ($one in $state.profiles | Where-Object { $All -or $_.Name -in $Name }) {
            foreach ($key in 'Enabled', 'DefaultInboundAction', 'DefaultOutboundAction') { if ($given.ContainsKey($key)) { $one.configured[$key] = $given[$key] } }
        }
        Save-StandIn $state
    }
}

function Get-NetFirewallHyperVRule {
    [CmdletBinding()] param([Parameter(Position = 0)] [string[]] $Name, [string] $PolicyStore)
    Write-StandInCall "Get-NetFirewallHyperVRule $PolicyStore"
    $found = @((Read-StandIn).guests | Where-Object { -not $Name -or $_.Name -in $Name })
    if ($Name -and $found.Count -eq 0) { Write-Error 'No MSFT_NetFirewallHyperVRule objects found.' -Category ObjectNotFound; return }
    $found | ForEach-Object { [pscustomobject] $_ }
}
function New-NetFirewallHyperVRule {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [string] $DisplayName, [ValidateSet('Inbound', 'Outbound')] [string] $Direction = 'Inbound',
        [string] $VMCreatorId, [string] $Protocol, [string[]] $LocalAddresses = @(), [string[]] $LocalPorts = @(), [string[]] $RemoteAddresses = @(),
        [string[]] $RemotePorts = @(), [ValidateSet('Allow', 'Block')] [string] $Action = 'Allow', [ValidateSet('True', 'False')] [string] $Enabled = 'True',
        [uint16] $RulePriority = $(if ($Action -eq 'Block') { 1 } else { 2 }), [string] $Profiles = 'Any'
    )
    Write-StandInCall "New-NetFirewallHyperVRule $DisplayName"
    try { Test-Address $RemoteAddresses; Test-Port $Protocol $LocalPorts; Test-Port $Protocol $RemotePorts } catch { Deny $_.Exception.Message }
    if ($env:STAND_IN_REFUSE -and $DisplayName -clike $env:STAND_IN_REFUSE) { Deny 'Access is denied.' PermissionDenied }
    if (-not $PSCmdlet.ShouldProcess($DisplayName, 'New-NetFirewallHyperVRule')) { return }
    $rule = @{
        Name = $Name; DisplayName = $DisplayName; Direction = $Direction; VMCreatorId = $VMCreatorId; Protocol = $Protocol; LocalAddresses = $LocalAddresses
        LocalPorts = $LocalPorts; RemoteAddresses = (Convert-Address $RemoteAddresses); RemotePorts = $RemotePorts; Action = $Action; Enabled = $Enabled; RulePriority = $RulePriority; Profiles = $Profiles
    }
    Step-StandIn "New-NetFirewallHyperVRule $DisplayName" { $state = Read-StandIn; $state.guests = @($state.guests) + $rule; Save-StandIn $state }
}
function Set-NetFirewallHyperVRule {
    [CmdletBinding(SupportsShouldProcess)] param([Parameter(Mandatory)] [string[]] $Name, [ValidateSet('True', 'False')] [string] $Enabled)
    Write-StandInCall "Set-NetFirewallHyperVRule $Name"
    if (-not $PSCmdlet.ShouldProcess("$Name", 'Set-NetFirewallHyperVRule')) { return }
    Step-StandIn "Set-NetFirewallHyperVRule $Name" { $state = Read-StandIn; foreach ($one in $state.guests) { if ($one.Name -in $Name) { $one.Enabled = $Enabled } }; Save-StandIn $state }
}
function Remove-NetFirewallHyperVRule {
    [CmdletBinding(SupportsShouldProcess)] param([Parameter(Mandatory)] [string[]] $Name)
    Write-StandInCall "Remove-NetFirewallHyperVRule $Name"
    if (@((Read-StandIn).guests | Where-Object { $_.Name -in $Name }).Count -eq 0) { Write-Error 'No MSFT_NetFirewallHyperVRule objects found.' -Category ObjectNotFound; return }
    if (-not $PSCmdlet.ShouldProcess("$Name", 'Remove-NetFirewallHyperVRule')) { return }
    Step-StandIn "Remove-NetFirewallHyperVRule $Name" { $state = Read-StandIn; $state.guests = @($state.guests | Where-Object { $_.Name -notin $Name }); Save-StandIn $state }
}
function Get-NetFirewallHyperVVMSetting { [CmdletBinding()] param([string] $Name, [string] $PolicyStore) Write-StandInCall 'Get-NetFirewallHyperVVMSetting'; [pscustomobject] @{ Name = $Name; Enabled = 'True'; DefaultInboundAction = 'Block' } }

function New-ScheduledTaskAction { [CmdletBinding()] param([Parameter(Mandatory)] [string] $Execute, [string] $Argument) Write-StandInCall 'New-ScheduledTaskAction'; @{ Execute = $Execute; Argument = $Argument } }
function New-ScheduledTaskTrigger {
    [CmdletBinding()] param([switch] $Once, [switch] $AtStartup, [datetime] $At, [timespan] $RepetitionInterval, [timespan] $RepetitionDuration, [timespan] $RandomDelay)
    Write-StandInCall 'New-ScheduledTaskTrigger'
    @{ AtStartup = [bool] $AtStartup; At = $(if ($Once) { "$($At.ToUniversalTime().Ticks)" }); Every = "$RepetitionInterval" }
}
function New-ScheduledTaskPrincipal { [CmdletBinding()] param([string] $UserId, [ValidateSet('None', 'ServiceAccount', 'Interactive')] [string] $LogonType, [ValidateSet('Limited', 'Highest')] [string] $RunLevel) Write-StandInCall 'New-ScheduledTaskPrincipal'; @{ UserId = $UserId; RunLevel = $RunLevel } }
function New-ScheduledTaskSettingsSet { [CmdletBinding()] param([switch] $AllowStartIfOnBatteries, [switch] $DontStopIfGoingOnBatteries, [switch] $StartWhenAvailable, [ValidateSet('Parallel', 'Queue', 'IgnoreNew')] [string] $MultipleInstances, [timespan] $ExecutionTimeLimit) Write-StandInCall 'New-ScheduledTaskSettingsSet'; @{} }
function Register-ScheduledTask {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $TaskName, $Action, $Trigger, $Principal, $Settings, [string] $Description, [switch] $Force)
    Write-StandInCall "Register-ScheduledTask $TaskName"
    Step-StandIn "Register-ScheduledTask $TaskName" {
        $state = Read-StandIn
        $others = @($state.tasks | Where-Object { $_.TaskName -ne $TaskName })
        if ($others.Count -lt @($state.tasks).Count -and -not $Force) { throw 'Cannot create a file when that file already exists.' }
        $state.tasks = $others + @{ TaskName = $TaskName; Action = @($Action); Trigger = @($Trigger); Principal = $Principal }
        Save-StandIn $state
    }
}
function Get-ScheduledTask {
    [CmdletBinding()] param([Parameter(Position = 0)] [string] $TaskName)
    Write-StandInCall "Get-ScheduledTask $TaskName"
    $found = @((Read-StandIn).tasks | Where-Object { $_.TaskName -eq $TaskName })
    if ($found.Count -eq 0) { Write-Error 'No MSFT_ScheduledTask objects found.' -Category ObjectNotFound; return }
    $running = $found[0].ContainsKey('Process') -and (Test-Path "/proc/$($found[0].Process)/stat") -and (Get-Content "/proc/$($found[0].Process)/stat") -notmatch '\) [ZX] '
    [pscustomobject] @{ TaskName = $TaskName; State = $(if ($found[0].ContainsKey('Disabled')) { 'Disabled' } elseif ($running) { 'Running' } else { 'Ready' }) }
}
function Start-ScheduledTask {
    # Runs what the task holds, in a process that outlives this one, with PowerShell in place of Windows'.
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $TaskName)
    Write-StandInCall "Start-ScheduledTask $TaskName"
    $state = Read-StandIn
    $task = @($state.tasks | Where-Object { $_.TaskName -eq $TaskName })
    if ($task.Count -eq 0) { Write-Error 'No MSFT_ScheduledTask objects found.' -Category ObjectNotFound; return }
    if (($task[0].Action[0].Execute -split '[\\/]')[-1] -ne 'powershell.exe' -or $task[0].Action[0].Argument -notmatch '-File "([^"]+)"') { throw 'The system cannot find the file specified.' }
    $shell = @((Get-Process -Id $PID).Path) + @(if ($env:DOTNET_ROOT) { Join-Path $PSHOME 'pwsh.dll' }) + @('-NoProfile', '-NonInteractive', '-File', $Matches[1])
    $task[0].Process = [int] (sh -c 'setsid "$@" </dev/null >/dev/null 2>&1 & echo $!' task @shell)
    Save-StandIn $state
}
function Stop-ScheduledTask {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $TaskName)
    Write-StandInCall "Stop-ScheduledTask $TaskName"
    foreach ($task in (Read-StandIn).tasks | Where-Object { $_.TaskName -eq $TaskName -and $_.ContainsKey('Process') }) { Stop-Process -Id $task.Process -Force -ErrorAction SilentlyContinue }
}
function Unregister-ScheduledTask {
    [CmdletBinding(SupportsShouldProcess)] param([Parameter(Mandatory)] [string] $TaskName)
    Write-StandInCall "Unregister-ScheduledTask $TaskName"
    if (@((Read-StandIn).tasks | Where-Object { $_.TaskName -eq $TaskName }).Count -eq 0) { Write-Error 'No MSFT_ScheduledTask objects found.' -Category ObjectNotFound; return }
    if (-not $PSCmdlet.ShouldProcess($TaskName, 'Unregister-ScheduledTask')) { return }
    Step-StandIn "Unregister-ScheduledTask $TaskName" { $state = Read-StandIn; $state.tasks = @($state.tasks | Where-Object { $_.TaskName -ne $TaskName }); Save-StandIn $state }
}

function Get-Service {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $Name)
    Write-StandInCall "Get-Service $Name"
    $state = Read-StandIn
    if (-not $state.ContainsKey('services') -or -not $state.services.ContainsKey($Name)) { Write-Error "Cannot find any service with service name '$Name'." -Category ObjectNotFound; return }
    [pscustomobject] @{ Name = $Name; Status = $state.services[$Name] }
}
function Restart-Service {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $Name, [switch] $Force)
    Write-StandInCall "Restart-Service $Name"
    $null = Get-Service -Name $Name -ErrorAction Stop
}

function Get-CimInstance {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $ClassName, [string] $Namespace)
    Write-StandInCall "Get-CimInstance $ClassName"
    $state = Read-StandIn
    switch ($ClassName) {
        'Win32_OperatingSystem' { [pscustomobject] @{ LastBootUpTime = [datetime]::new([long] $state.boot, 'Utc') } }
        'FirewallProduct' { $state.firewalls | ForEach-Object { [pscustomobject] @{ displayName = $_ } } }
        'Win32_Process' {
            [pscustomobject] @{ ProcessId = 300; ParentProcessId = 4; Name = 'smss.exe'; ExecutablePath = ''; CreationDate = [datetime]::new([long] $state.boot, 'Utc') }
            $state.listeners | ForEach-Object { [pscustomobject] @{ ProcessId = $_.ProcessId; ParentProcessId = 4; Name = ($_.Path -split '\\')[-1]; ExecutablePath = $_.Path } }
        }
        'Win32_Service' { foreach ($one in $state.listeners) { foreach ($name in $one.Services) { [pscustomobject] @{ Name = $name; ProcessId = $one.ProcessId } } } }
        default { Write-Error "Invalid class $ClassName" }
    }
}
function Get-StandInSocket([string] $Protocol) {
    (Read-StandIn).listeners | Where-Object { $_.Protocol -eq $Protocol } | ForEach-Object { [pscustomobject] @{ LocalAddress = '::'; LocalPort = $_.Port; OwningProcess = $_.ProcessId } }
    if (-not $env:STAND_IN_SOCKETS) { return }
    foreach ($line in ss -Hnlp "--$($Protocol.ToLowerInvariant())") {
        $local = ($line -split '\s+')[3]
        $at = $local.LastIndexOf(':')
        $address = ($local.Substring(0, $at) -replace '[][]') -replace '%.*' -replace '^\*$', '::'
        [pscustomobject] @{ LocalAddress = $address; LocalPort = [int] $local.Substring($at + 1); OwningProcess = $(if ($line -match 'pid=(\d+)') { [int] $Matches[1] } else { 0 }) }
    }
}
function Get-NetTCPConnection { [CmdletBinding()] param([string] $State) Write-StandInCall 'Get-NetTCPConnection'; Get-StandInSocket 'TCP' }
function Get-NetUDPEndpoint { [CmdletBinding()] param() Write-StandInCall 'Get-NetUDPEndpoint'; Get-StandInSocket 'UDP' }

function Get-StandInText {
    # The local and group policy rules as texts of the registry, so that both readers can be compared.
    $protocols = @{ TCP = 6; UDP = 17; ICMPv4 = 1; ICMPv6 = 58; Any = 256 }
    foreach ($rule in (Read-StandIn).rules) {
        $fields = @('v2.31', "Action=$($rule.Action)", "Active=$($rule.Enabled.ToUpperInvariant())", "Dir=$(if ($rule.Direction -eq 'Inbound') { 'In' } else { 'Out' })")
        if ($rule.Protocol -ne 'Any') { $fields += "Protocol=$(if ($protocols.ContainsKey($rule.Protocol)) { $protocols[$rule.Protocol] } else { $rule.Protocol })" }
        if ($rule.Profile -ne 'Any') { $fields += $rule.Profile -split ', ' | ForEach-Object { "Profile=$_" } }
        foreach ($key in @(@('LocalPort', 'LPort'), @('RemotePort', 'RPort'))) {
            $fields += $rule[$key[0]] | Where-Object { $_ -ne 'Any' } | ForEach-Object { "$($key[1])$(if ($_ -match '-') { '2_10' })=$_" }
        }
        foreach ($key in @(@('LocalAddress', 'LA'), @('RemoteAddress', 'RA'))) {
            $fields += $rule[$key[0]] | Where-Object { $_ -ne 'Any' } | ForEach-Object { "$($key[1])$(if ($_ -match ':') { 6 } else { 4 })=$_" }
        }
        $fields += $rule.IcmpType | Where-Object { $_ -ne 'Any' } | ForEach-Object { "ICMP6=$(if ($_ -match ':') { $_ } else { "${_}:*" })" }
        if ($rule.Program -ne 'Any') { $fields += "App=$($rule.Program)" }
        if ($rule.Service -ne 'Any') { $fields += "Svc=$($rule.Service)" }
        $fields += "Name=$($rule.DisplayName)"
        if ($rule.Description) { $fields += "Desc=$($rule.Description)" }
        if ($rule.Group) { $fields += "EmbedCtxt=$($rule.Group)" }
        @{ Id = $rule.Name; Text = ($fields -join '|') + '|'; Source = $rule.SourceType }
    }
}
Export-ModuleMember -Function *-Net*, *-ScheduledTask*, *-Service, Get-CimInstance, Step-StandIn, Get-StandInText
