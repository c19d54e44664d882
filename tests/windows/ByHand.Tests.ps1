# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# firewall.ps1 and firewall_wsl.ps1 as an administrator runs them: what they say, what they leave, and how they end. They are put
# together here as the plan does it. The host is one where others left what defeats the rules. Over the stand-in alone.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    $templates = Join-Path $root 'plugins/plugin_utils/_windows/templates'
    $program = @(foreach ($name in 'Words', 'State', 'Judgement', 'Reach', 'Trial', '') {
            $text = [IO.File]::ReadAllText((Join-Path $root "plugins/module_utils/WindowsFirewall$name.psm1"))
            $text.Substring([regex]::Match($text, '(?m)^(function |\$script:)').Index)
        }) + [IO.File]::ReadAllText((Join-Path $templates 'by_hand.ps1'))
    $flows = "@(
        @{ DisplayName = 'federated.connectivity peer_http.ingress'; Description = 'HTTP'; Direction = 'Inbound'; Protocol = 'TCP'; RemoteAddress = '203.0.113.0/24'; LocalPort = '8443' }
        @{ DisplayName = 'federated.connectivity peer_grpc.ingress'; Description = 'gRPC'; Direction = 'Inbound'; Protocol = 'TCP'; RemoteAddress = '203.0.113.0/24'; LocalPort = '9090' }
        @{ DisplayName = 'federated.connectivity peer_grpc.egress'; Description = 'gRPC'; Direction = 'Outbound'; Protocol = 'TCP'; RemoteAddress = '203.0.113.0/24'; RemotePort = '9090' }
    )"
    $judged = "@(@{ closed = 'federated.connectivity peer_http.ingress', 'federated.connectivity peer_grpc.ingress'; published = 'federated.connectivity peer_http.ingress' })"
    $guests = "@(@{ DisplayName = 'federated.connectivity peer_http.ingress'; Direction = 'Inbound'; Protocol = 'TCP'; RemoteAddresses = '203.0.113.0/24'; LocalPorts = '8443' })"
    $dockers = 'C:\Program Files\Docker\Docker\resources\com.docker.backend.exe'

    function Add-Other([hashtable] $Rule) {
        $state = Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable
        $usual = @{
            Name = "$([guid]::NewGuid())"; Description = ''; Group = ''; Enabled = 'True'; Profile = 'Any'; Direction = 'Inbound'; Protocol = 'TCP'; LocalPort = @('Any'); RemotePort = @('Any')
            LocalAddress = @('Any'); RemoteAddress = @('Any'); IcmpType = @('Any'); Program = 'Any'; Package = ''; Service = 'Any'; SourceType = 'Local'
        }
        foreach ($key in $Rule.Keys) { $usual[$key] = $Rule[$key] }
        $state.rules = @($state.rules) + $usual
        [IO.File]::WriteAllText($env:STAND_IN, ($state | ConvertTo-Json -Depth 8))
    }
    function Invoke-Script([string] $Template, [string] $Rules, [hashtable] $Switches = @{}, [string] $Named = '@()') {
        # What it says, its warnings apart, how it ends, and what the host's rules are then.
        $text = [IO.File]::ReadAllText((Join-Path $templates $Template))
        $text = $text.Replace('$wanted = @()', "`$wanted = $Rules").Replace('$named = @()', "`$named = $Named").Replace('$judged = @()', "`$judged = $judged").Replace("# core`n", ($program -join "`n"))
        $file = Join-Path $env:WINDOWS_TEST_DIRECTORY $Template
        [IO.File]::WriteAllText($file, $text, (New-Object Text.UTF8Encoding $true))
        $all = @(& $file @Switches 3>&1)
        @{ Said = @($all | Where-Object { $_ -is [string] }); Warned = @($all | Where-Object { $_ -isnot [string] } | ForEach-Object { "$_" }); Exit = $LASTEXITCODE }
    }
}
Describe 'firewall.ps1' -Tag StandIn {
    BeforeEach { Reset-TestHost; $before = Get-TestHost }

    It 'says what would change, changes it, changes nothing again, and removes it' {
        $seen = Invoke-Script 'firewall.ps1' $flows @{ WhatIf = $true }
        $seen.Said | Should -Contain '+ federated.connectivity peer_http.ingress: Inbound Allow TCP 8443'
        $seen.Said | Should -Contain '+   from 203.0.113.0-203.0.113.255'
        $seen.Said[-1], $seen.Exit | Should -Be '3 would change. Nothing was changed.', 0
        Get-TestHost | Should -Be $before

        $first = Invoke-Script 'firewall.ps1' $flows
        $first.Said[-1], $first.Exit | Should -Be '3 changed. The 3 rules of the plan are in force.', 0
        $ids = @(Get-NetFirewallRule -Group federated.connectivity | ForEach-Object { $_.Name } | Sort-Object)
        $ids.Count | Should -Be 3

        $second = Invoke-Script 'firewall.ps1' $flows
        $second.Said, $second.Exit | Should -Be 'Nothing was changed. The 3 rules of the plan are in force already.', 0
        @(Get-NetFirewallRule -Group federated.connectivity | ForEach-Object { $_.Name } | Sort-Object) | Should -Be $ids
        (Invoke-Script 'firewall.ps1' $flows @{ WhatIf = $true }).Said | Should -Be 'Nothing would change.'

        $removed = Invoke-Script 'firewall.ps1' $flows @{ Remove = $true }
        $removed.Said[-1], $removed.Exit | Should -Be '3 changed. No rule of this collection is left.', 0
        (Invoke-Script 'firewall.ps1' $flows @{ Remove = $true }).Said | Should -Be 'There was nothing to remove.'
        Get-TestHost | Should -Be $before
    }
    It 'names every rule of others that defeats the plan, once, and ends with 2' {
        Add-Other @{ DisplayName = 'Vendor'; Action = 'Allow'; LocalPort = @('8443') }
        Add-Other @{ DisplayName = 'Range'; Action = 'Block'; LocalPort = @('8000-8999') }
        Add-Other @{ DisplayName = 'Baseline'; Action = 'Block'; Direction = 'Outbound'; RemotePort = @('9090'); SourceType = 'GroupPolicy' }
        Add-Other @{ DisplayName = 'Docker Desktop Backend'; Action = 'Allow'; Program = $dockers }
        Add-Other @{ DisplayName = 'Cancelled'; Action = 'Block'; Program = 'C:\games\game.exe' }
        Add-Other @{ DisplayName = 'RPC'; Action = 'Block'; LocalPort = @('RPC') }
        $done = Invoke-Script 'firewall.ps1' $flows
        $done.Warned | Should -Be @(
            "rule 'Vendor' (Inbound TCP 8443) lets in others than the peers of federated.connectivity peer_http.ingress. Remove or narrow it"
            "rule 'Range' (Inbound TCP 8000-8999) blocks what federated.connectivity peer_http.ingress allows, and prevails. Remove or narrow it"
            "rule 'Baseline' (GroupPolicy, Outbound TCP 9090) blocks what federated.connectivity peer_grpc.egress allows, and prevails. Remove or narrow it"
            "rule 'Docker Desktop Backend' (Inbound TCP, $dockers) lets in others than the peers of federated.connectivity peer_http.ingress. Remove or narrow it"
        )
        $done.Exit | Should -Be 2
        $done.Said[-1] | Should -Be 'Warnings: 4, see above. They say what defeats these rules.'
        $same = Invoke-ConnectivityPolicy -Given @{ rules = @(Invoke-Expression $flows); closed = 'federated.connectivity peer_http.ingress', 'federated.connectivity peer_grpc.ingress'; published = @('federated.connectivity peer_http.ingress') }
        $same.warnings | Should -Be $done.Warned
        $same.changed | Should -BeFalse
    }
    It 'leaves everything as it was where Windows refuses a rule, and ends with 1' {
        $null = Invoke-Script 'firewall.ps1' $flows
        $old = Get-TestHost
        $env:STAND_IN_REFUSE = '*later'
        $refused = Invoke-Script 'firewall.ps1' $flows.Replace('peer_grpc.egress', 'later')
        $env:STAND_IN_REFUSE = ''
        $refused.Exit | Should -Be 1
        $refused.Said | Should -Contain '- Windows refused the change: Access is denied.'
        $refused.Said | Should -Contain '- it refused rule federated.connectivity later'
        Get-TestHost | Should -Be $old
    }
    It 'does not say that nothing was changed where Windows refuses the way back, too' {
        $null = Invoke-Script 'firewall.ps1' $flows
        Remove-Module WindowsStandIn; Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1') -Global
        $program = @($program) + 'function Switch-ConnectivityRule { throw "Access is denied." }'
        $program += 'function Remove-ConnectivityRule { throw "Access is denied." }'
        $failed = Invoke-Script 'firewall.ps1' $flows.Replace("LocalPort = '8443'", "LocalPort = '8444'")
        $failed.Exit, $failed.Said[0] | Should -Be 1, 'The change failed, and a part of it is still there. Reasons: 2'
        $failed.Said[-1] | Should -BeLike '- some of it could not be restored: *The host tries again every minute'
        Invoke-ConnectivityTask
        $null = Resolve-ConnectivityPending -Place (Get-ConnectivityPlace) -CheckMode $false
    }
    It 'says where to turn if PowerShell runs in a restricted language' {
        $null = Invoke-Script 'firewall.ps1' $flows @{ WhatIf = $true }
        $shell = [PowerShell]::Create()
        $shell.Runspace.SessionStateProxy.LanguageMode = 'ConstrainedLanguage'
        $said = @($shell.AddScript("& '$(Join-Path $env:WINDOWS_TEST_DIRECTORY 'firewall.ps1')'; `$LASTEXITCODE").Invoke())
        $said | Should -Be 'Nothing was changed: a policy of this computer (AppLocker or App Control) lets PowerShell run in a restricted language only. Use firewall.cmd, or have this script signed and allowed.', 1
        $shell.Dispose()
        Get-TestHost | Should -Be $before
    }
    It 'runs from a folder with blanks and an apostrophe, with an array of names' {
        $folder = New-Item -ItemType Directory -Path (Join-Path $env:WINDOWS_TEST_DIRECTORY "hospital's new [1] folder")
        $null = Invoke-Script 'firewall.ps1' $flows @{ WhatIf = $true }
        Move-Item -LiteralPath (Join-Path $env:WINDOWS_TEST_DIRECTORY 'firewall.ps1') -Destination $folder.FullName
        $said = @(& (Join-Path $folder.FullName 'firewall.ps1') -Confirm:$false -PrivateAnswers 'a.example', '.b.example')
        $said[-1], $LASTEXITCODE | Should -Be '3 changed. The 3 rules of the plan are in force.', 0
        $wrong = @(& (Join-Path $folder.FullName 'firewall.ps1') -PrivateAnswers "a'b")
        $wrong, $LASTEXITCODE | Should -Be "Nothing was changed: private_answers: 'a'b' is not a valid host name; a domain has a leading dot", 1
    }
    It 'does not count rules whose host names have no address among those in force' {
        $program = @($program) + 'function Start-ConnectivityNameQuery { throw "no such host" }'
        $named = "@(@{ DisplayName = 'federated.connectivity api.egress'; Description = 'API'; Direction = 'Outbound'; Protocol = 'TCP'; RemotePort = '443'; Names = 'api.example.org' })"
        $first = Invoke-Script 'firewall.ps1' $flows @{} $named
        $first.Said | Should -Contain '4 changed. The 3 rules of the plan are in force.'
        $first.Said | Should -Contain 'Rules whose host names have no address yet, and which open nothing: 1. They are federated.connectivity api.egress'
        $first.Exit | Should -Be 2
    }
    It 'stops where a profile is off, names all reasons, and changes nothing' {
        Set-NetFirewallProfile -Name Public -Enabled False
        Set-NetFirewallProfile -Name Domain -DefaultInboundAction Allow
        $stopped = Invoke-Script 'firewall.ps1' $flows
        $stopped.Exit, $stopped.Said[0] | Should -Be 1, 'Nothing was changed. Reasons: 2'
        @(Get-NetFirewallRule | Where-Object { $_.Group -eq 'federated.connectivity' }).Count | Should -Be 0
    }
    It 'takes over the rules of an earlier firewall.cmd, and says which go' {
        $null = New-NetFirewallRule -DisplayName 'federated.connectivity peer_http.ingress' -Direction Inbound -Protocol TCP -LocalPort 8443 -RemoteAddress 203.0.113.0/24 -Description 'HTTP'
        $null = New-NetFirewallRule -DisplayName 'federated.connectivity old' -Direction Inbound -Protocol TCP -LocalPort 1 -RemoteAddress 203.0.113.7
        $taken = Invoke-Script 'firewall.ps1' $flows
        $taken.Said | Should -Contain '- federated.connectivity old: Inbound Allow TCP 1'
        @($taken.Said | Where-Object { $_ -like '*peer_http*' }).Count | Should -Be 0
        @(Get-ConnectivityRule | Where-Object { Test-ConnectivityOwn $_ }).Count | Should -Be 3
    }
}
Describe 'firewall_wsl.ps1' -Tag StandIn {
    It 'does the same in the Hyper-V firewall, and leaves Windows Firewall alone' {
        Reset-TestHost
        $before = Get-TestHost
        (Invoke-Script 'firewall_wsl.ps1' $guests @{ WhatIf = $true }).Said[-1] | Should -Be '1 would change. Nothing was changed.'
        (Invoke-Script 'firewall_wsl.ps1' $guests).Said[-1] | Should -Be '1 changed. The 1 rules of the plan are in force.'
        @(Get-NetFirewallHyperVRule).Count | Should -Be 1
        (Invoke-Script 'firewall_wsl.ps1' $guests).Said | Should -Be 'Nothing was changed. The 1 rules of the plan are in force already.'
        (Invoke-Script 'firewall_wsl.ps1' $guests @{ Remove = $true }).Said[-1] | Should -Be '1 changed. No rule of this collection is left.'
        @(Get-NetFirewallHyperVRule).Count | Should -Be 0
        Get-TestHost | Should -Be $before
    }
}
