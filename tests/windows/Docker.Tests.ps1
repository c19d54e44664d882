# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The forward proxy of Docker on Windows: files in a directory of the tests, and functions in place of the service.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    $realData = $env:ProgramData
    $script:service = @{ There = $true; Status = 'Running'; Restarts = 0; Refuses = { param($text) $false } }
    function Get-Service { param([string] $Name) if ($script:service.There) { [pscustomobject] @{ Name = $Name; Status = $script:service.Status } } }
    function Restart-Service {
        param([string] $Name, [switch] $Force)
        $script:service.Restarts++
        $text = if (Test-Path $daemonFile) { [IO.File]::ReadAllText($daemonFile) } else { '' }
        if (& $script:service.Refuses $text) { $script:service.Status = 'Stopped'; throw "Failed to start service 'Docker Engine (docker)'." }
        $script:service.Status = 'Running'
    }
    $script:started = $null
    function Get-Process { param([string] $Name, [int] $Id) if ($Name -eq 'dockerd') { if ($script:started) { [pscustomobject] @{ StartTime = $script:started } } } else { Microsoft.PowerShell.Management\Get-Process -Id $Id } }
    function Invoke-Docker([hashtable] $More = @{}) {
        $proxy = @{ http_proxy = 'http://proxy.example.org:3128'; https_proxy = 'http://proxy.example.org:3128'; no_proxy = @('localhost', '198.51.100.20') }
        $options = @{ daemon = $proxy; client = $null; credentials = $null; system = $true; desktop = $false; rootless_users = @(); client_users = @(); restart = $true; must_answer = $false; check_mode = $false; removal = $false }
        foreach ($key in $More.Keys) { $options[$key] = $More[$key] }
        Invoke-ConnectivityDocker -Options $options
    }
    function Set-Daemon([string] $Text) { $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($daemonFile)); [IO.File]::WriteAllText($daemonFile, $Text) }
    function Get-Daemon { if (Test-Path $daemonFile) { [IO.File]::ReadAllText($daemonFile) } }
    $member = '{"http-proxy":"http://proxy.example.org:3128","https-proxy":"http://proxy.example.org:3128","no-proxy":"localhost,198.51.100.20"}'
}
Describe 'The proxy of Docker' {
    BeforeEach {
        $directory = Join-Path ([IO.Path]::GetTempPath()) "docker-$([guid]::NewGuid())"
        $env:ProgramData, $env:ProgramFiles = (Join-Path $directory 'ProgramData'), (Join-Path $directory 'ProgramFiles')
        $null = New-Item -ItemType Directory -Path $env:ProgramData, $env:ProgramFiles
        $place = Get-ConnectivityDockerPlace
        $daemonFile, $desktopFile = $place.daemon.Path, $place.desktop.Path
        $script:service = @{ There = $true; Status = 'Running'; Restarts = 0; Refuses = { param($text) $false } }
        $script:started = (Get-Date).AddHours(-1)
    }
    AfterEach { Remove-Item -LiteralPath $directory -Recurse -Force }
    AfterAll { $env:ProgramData = $realData }

    It 'is shown in check mode, set, kept by a second run without a restart, and taken out again' {
        $seen = Invoke-Docker @{ check_mode = $true }
        $seen.changes | Should -Be $daemonFile, 'docker'
        $seen.diff[0].after | Should -Be "$member`n"
        Test-Path $daemonFile | Should -BeFalse
        $done = Invoke-Docker
        $done.errors | Should -BeNullOrEmpty
        ((Get-Daemon | ConvertFrom-Json).proxies | ConvertTo-Json -Compress) | Should -Be $member
        $script:service.Restarts | Should -Be 1
        $again = Invoke-Docker
        $again.changes.Count, $script:service.Restarts | Should -Be 0, 1
        (Invoke-Docker @{ removal = $true }).changes | Should -Be $daemonFile, 'docker'
        Test-Path $daemonFile | Should -BeFalse
        Test-Path $place.Directory | Should -BeFalse
        $script:service.Restarts | Should -Be 2
        (Invoke-Docker @{ removal = $true }).changes.Count | Should -Be 0
    }
    It 'leaves everything else as it is, in its order, and puts back what was there' {
        $text = '{"hosts": ["npipe://"], "proxies": {"http-proxy": "http://old.example.org:1"}, "log-opts": {"max-size": "10m", "tags": []}, "debug": false, "insecure-registries": ["198.51.100.9"], "x": {"a": {"b": {"c": {"d": [1, 2.5, null]}}}}}'
        Set-Daemon $text
        $null = Invoke-Docker
        Test-Path $place.State | Should -BeTrue
        $now = Get-Daemon | ConvertFrom-Json
        @($now.PSObject.Properties.Name) | Should -Be 'hosts', 'proxies', 'log-opts', 'debug', 'insecure-registries', 'x'
        $now.proxies.'no-proxy' | Should -Be 'localhost,198.51.100.20'
        $null = Invoke-Docker @{ removal = $true }
        (Get-Daemon | ConvertFrom-Json | ConvertTo-Json -Depth 9 -Compress) | Should -Be ($text | ConvertFrom-Json | ConvertTo-Json -Depth 9 -Compress)
    }
    It 'refuses a file that is not a JSON object, by its name: <_>' -ForEach '{"hosts": [', '[1, 2]', '"text"', 'not json', '[{"hosts": []}]' {
        Set-Daemon $_
        { Invoke-Docker } | Should -Throw "*$([Management.Automation.WildcardPattern]::Escape($daemonFile))*"
        Get-Daemon | Should -Be $_
        $script:service.Restarts | Should -Be 0
    }
    It 'is taken back if the service does not start with it: <Words>' -ForEach @(
        @{ Words = 'there was no file'; Text = '' }, @{ Words = 'there was a file'; Text = '{"debug": true}' }
    ) {
        if ($Text) { Set-Daemon $Text }
        $script:service.Refuses = { param($text) $text -like '*proxies*' }
        $done = Invoke-Docker
        $done.errors | Should -BeLike "*did not start with $([Management.Automation.WildcardPattern]::Escape($daemonFile))*as they were before, and the service docker runs with them*"
        $done.changes | Should -BeNullOrEmpty
        "$(Get-Daemon)" | Should -Be $Text
        $script:service.Status, $script:service.Restarts | Should -Be 'Running', 2
        Test-Path $place.State | Should -BeFalse
    }
    It 'says so if the service does not start with the former file either' {
        $script:service.Refuses = { param($text) $true }
        (Invoke-Docker).errors | Should -BeLike '*does not start with them either*'
    }
    It 'remembers that a restart is due' {
        (Invoke-Docker @{ restart = $false }).said | Should -Be 'the service docker does not use these proxies yet: restart it'
        (Invoke-Docker @{ restart = $false }).said | Should -Be 'the service docker does not use these proxies yet: restart it'
        $done = Invoke-Docker
        $done.changes, $script:service.Restarts | Should -Be 'docker', 1
        (Invoke-Docker).changes.Count | Should -Be 0
    }
    It 'notices that somebody has restarted the service by hand' {
        $null = Invoke-Docker @{ restart = $false }
        $script:started = (Get-Date).AddSeconds(5)
        (Invoke-Docker @{ restart = $false }).said | Should -BeNullOrEmpty
        (Invoke-Docker).changes.Count, $script:service.Restarts | Should -Be 0, 0
        $null = Invoke-Docker @{ removal = $true; restart = $false }
        $script:started = (Get-Date).AddSeconds(10)
        $null = Invoke-Docker @{ removal = $true; restart = $false }
        Test-Path $place.State | Should -BeFalse
    }
    It 'keeps a directory that was there, empty as it was' {
        $null = [IO.Directory]::CreateDirectory($place.Directory)
        (Invoke-Docker @{ daemon = $null }).changes.Count | Should -Be 0
        Test-Path $place.Directory | Should -BeTrue
        $null = Invoke-Docker
        $null = Invoke-Docker @{ removal = $true }
        Test-Path $place.Directory | Should -BeTrue
        @(Get-ChildItem -LiteralPath $place.Directory -Force).Count | Should -Be 0
    }
    It 'is not written beside a member that differs in capital letters alone' {
        Set-Daemon '{"Proxies": {"http-proxy": "http://own.example.org:1"}}'
        { Invoke-Docker } | Should -Throw "$([Management.Automation.WildcardPattern]::Escape($daemonFile)): the member 'Proxies' differs from 'proxies'*"
        Get-Daemon | Should -BeLike '*own.example.org*'
    }
    It 'uses no file that somebody has put where the new one is prepared' {
        Set-Daemon '{}'
        $theirs = [IO.File]::Open("$daemonFile.new", [IO.FileMode]::CreateNew)
        $theirs.Write([byte[]] @(65, 66, 67), 0, 3)
        $theirs.Dispose()
        $null = Invoke-Docker
        Get-Daemon | Should -Not -BeLike '*ABC*'
        Test-Path "$daemonFile.new" | Should -BeFalse
    }
    It 'of containers is said in words, with the file that holds it' {
        $client = @{ http_proxy = 'http://proxy.example.org:3128'; https_proxy = $null; no_proxy = @('localhost') }
        $said = (Invoke-Docker @{ daemon = $null; client = $client }).said
        $said | Should -BeLike '*put {"proxies":{"default":{"httpProxy":"http://proxy.example.org:3128","noProxy":"localhost"}}} into the .docker\config.json of everybody*'
        (Invoke-Docker @{ daemon = $null; client = $client; removal = $true }).said | Should -BeNullOrEmpty
    }
    It 'does not use what a stranger has put where it remembers, and keeps what it remembers from others' -Skip:$onWindows {
        Set-Daemon '{"proxies": {"http-proxy": "http://anna:s3cret@own.example.org:1"}}'
        $script:set = @()
        function Get-Acl { param([string] $LiteralPath) $acl = [pscustomobject] @{ Of = $LiteralPath }; $acl | Add-Member ScriptMethod GetOwner { param($kind) 'S-1-5-21-1-1001' }; $acl }
        function Set-Acl { param([string] $LiteralPath, $AclObject) $script:set += "$LiteralPath as $($AclObject.Of)" }
        $null = Invoke-Docker
        $script:set | Should -Be "$($place.State) as $daemonFile"
        { Invoke-Docker @{ removal = $true } } | Should -Throw '*belongs to S-1-5-21-1-1001*'
    }
    It 'does not start a service that somebody has stopped, and does nothing without Docker' {
        $script:service.Status = 'Stopped'
        (Invoke-Docker).said | Should -BeLike '*does not run, so it is not restarted*'
        $script:service.Restarts | Should -Be 0
        $null = Invoke-Docker @{ removal = $true }
        $script:service.There = $false
        $done = Invoke-Docker
        $done.said, $done.changes.Count | Should -Be 'no Docker daemon on this host: nothing to do', 0
        Test-Path $daemonFile | Should -BeFalse
    }
    It 'shows no password that others have set' {
        Set-Daemon '{"proxies": {"http-proxy": "http://anna:s3cret@own.example.org:1"}}'
        $done = Invoke-Docker
        $done.diff[0].before | Should -Be "{`"http-proxy`":`"xxxxx:xxxxx@own.example.org:1`"}`n"
        ($done | ConvertTo-Json -Depth 5) | Should -Not -BeLike '*s3cret*'
    }
    It 'is left alone where it is not wanted' {
        Set-Daemon '{"proxies": {"http-proxy": "http://own.example.org:1"}}'
        (Invoke-Docker @{ daemon = $null }).changes.Count | Should -Be 0
        (Invoke-Docker @{ system = $false }).changes.Count | Should -Be 0
        Get-Daemon | Should -BeLike '*own.example.org*'
    }
    It 'refuses what it cannot hold: <Words>' -ForEach @(
        @{ Words = '*credentials: *no password is written*'; More = @{ credentials = @{ http_proxy = 'u:p' } } }
        @{ Words = '*proxy.http_proxy: must have no user and no password*'; More = @{ daemon = @{ http_proxy = 'http://u:p@proxy.example.org:1'; no_proxy = @() } } }
        @{ Words = "*proxy.https_proxy: must be the URL*it is 'proxy:3128'*"; More = @{ daemon = @{ https_proxy = 'proxy:3128'; no_proxy = @() } } }
        @{ Words = "*'a,b' is not one exception*"; More = @{ daemon = @{ http_proxy = 'http://proxy.example.org:1'; no_proxy = @('a,b') } } }
        @{ Words = '*client_users: *'; More = @{ client_users = @('anna') } }
    ) {
        $done = Invoke-Docker $More
        "$($done.errors)" | Should -BeLike $Words
        "$($done.errors)" | Should -Not -BeLike '*u:p*'
        Test-Path $daemonFile | Should -BeFalse
    }
    It 'asks the proxy first: <_>' -ForEach '127.0.0.1', '[::1]' {
        $closed = [Net.Sockets.TcpListener]::new($(if ($_ -eq '127.0.0.1') { [Net.IPAddress]::Loopback } else { [Net.IPAddress]::IPv6Loopback }), 0)
        $closed.Start()
        $proxy = @{ http_proxy = "http://$($_):$($closed.LocalEndpoint.Port)"; no_proxy = @() }
        (Invoke-Docker @{ daemon = $proxy; must_answer = $true }).errors | Should -BeNullOrEmpty
        $null = Invoke-Docker @{ removal = $true }
        $closed.Stop()
        $done = Invoke-Docker @{ daemon = $proxy; must_answer = $true }
        $done.errors | Should -BeLike 'the forward proxy * does not answer this host; nothing was changed'
        Test-Path $daemonFile | Should -BeFalse
    }
    It 'of Docker Desktop is written where that is asked for, and said in words otherwise' {
        $script:service.There = $false
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($place.Program))
        [IO.File]::WriteAllText($place.Program, '')
        (Invoke-Docker).said | Should -BeLike 'Docker Desktop has settings of its own*proxy.example.org:3128*'
        Test-Path $desktopFile | Should -BeFalse
        $done = Invoke-Docker @{ desktop = $true }
        $done.changes | Should -Be $desktopFile
        $done.said | Should -BeLike '*quit Docker Desktop, and start it again'
        $written = [IO.File]::ReadAllText($desktopFile) | ConvertFrom-Json
        @($written.PSObject.Properties.Name) | Should -Be 'configurationFileVersion', 'proxy'
        ($written.proxy | ConvertTo-Json -Compress) | Should -Be '{"locked":true,"mode":"manual","http":"http://proxy.example.org:3128","https":"http://proxy.example.org:3128","exclude":["localhost","198.51.100.20"]}'
        (Invoke-Docker @{ desktop = $true }).changes.Count | Should -Be 0
        (Invoke-Docker @{ removal = $true }).changes | Should -Be $desktopFile
        Test-Path $desktopFile | Should -BeFalse
    }
    It 'of Docker Desktop keeps what an administrator set there: <_>' -ForEach @(
        '{"configurationFileVersion": 2, "exposeDockerAPIOnTCP2375": {"locked": true, "value": false}}', '{"exposeDockerAPIOnTCP2375": {"locked": true, "value": false}}'
    ) {
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($desktopFile))
        $text = $_
        [IO.File]::WriteAllText($desktopFile, $text)
        $null = Invoke-Docker @{ desktop = $true; system = $false }
        $null = Invoke-Docker @{ removal = $true }
        ([IO.File]::ReadAllText($desktopFile) | ConvertFrom-Json | ConvertTo-Json -Depth 9 -Compress) | Should -Be ($text | ConvertFrom-Json | ConvertTo-Json -Depth 9 -Compress)
    }
}
