# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# The forward proxy of Docker on Windows: the member "proxies" of the Engine's daemon.json, and the member "proxy" of Docker Desktop's
# admin-settings.json. Everything else in these files keeps its value and its order.

function Get-ConnectivityDockerPlace {
    # The files, the member of each that is ours, and what this program remembers of how it was.
    # It stands beside daemon.json, since it holds what stood there, and is for the same readers.
    $own = Join-Path $env:ProgramData (Join-Path 'docker' 'config')
    @{
        Directory = $own; State = Join-Path $own 'federated.connectivity.json'
        daemon = @{ Path = Join-Path $own 'daemon.json'; Member = 'proxies' }
        desktop = @{ Path = Join-Path $env:ProgramData (Join-Path 'DockerDesktop' 'admin-settings.json'); Member = 'proxy' }
        Program = Join-Path $env:ProgramFiles (Join-Path 'Docker' (Join-Path 'Docker' 'Docker Desktop.exe'))
    }
}

function Write-ConnectivityDockerFile {
    # Writes a file whole or not at all, without a byte order mark. An empty text removes it. A file that somebody has put where the new one
    # is prepared is not used: it would keep its owner.
    param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [AllowEmptyString()] [string] $Text)
    if (-not $Text) { if (Test-Path -LiteralPath $Path) { [IO.File]::Delete($Path) }; return }
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Path))
    $fresh, $bytes = "$Path.new", (New-Object Text.UTF8Encoding $false).GetBytes($Text)
    [IO.File]::Delete($fresh)
    $stream = New-Object IO.FileStream ($fresh, [IO.FileMode]::CreateNew)
    try { $stream.Write($bytes, 0, $bytes.Length) } finally { $stream.Dispose() }
    if (Test-Path -LiteralPath $Path) { [IO.File]::Replace($fresh, $Path, [NullString]::Value) } else { [IO.File]::Move($fresh, $Path) }
}

function Read-ConnectivityDockerFile {
    # Text is the file as it stands, empty where there is none; Value its members. Throws, with the file's name, where it is not one JSON object.
    param([Parameter(Mandatory)] [string] $Path)
    $text = if (Test-Path -LiteralPath $Path) { [IO.File]::ReadAllText($Path) } else { '' }
    if (-not $text.Trim()) { return @{ Text = $text; Value = (New-Object psobject) } }
    try { $value = ConvertFrom-Json $text }
    catch { # PowerShell 5.1 adds the whole text to its message
        $reason = (Hide-ConnectivityCredential ($_.Exception.Message -replace '(?s)\s*\(\d+\):.*')).TrimEnd('.')
        throw "${Path}: this is not valid JSON: $($reason.Substring(0, [Math]::Min(300, $reason.Length))). Correct the file, or move it away, and run again"
    }
    if (-not $text.Trim().StartsWith('{', [StringComparison]::Ordinal) -or $value -isnot [Management.Automation.PSCustomObject]) {
        throw "${Path}: the file has to hold one object, {...}. Correct the file, or move it away, and run again"
    }
    @{ Text = $text; Value = $value }
}

function Hide-ConnectivityCredential {
    # A text of JSON in which everything before the last @ of a value is hidden.
    param([Parameter(Mandatory)] [AllowEmptyString()] [string] $Text)
    $Text -replace '"(?:[^"\\]|\\.)*@', '"xxxxx:xxxxx@'
}

function Get-ConnectivityMember {
    # A member as JSON on one line; empty where there is none. Texts of equal members are equal. Throws where the name is there in other letters.
    param([Parameter(Mandatory)] $Value, [Parameter(Mandatory)] [string] $Name)
    foreach ($other in @($Value.PSObject.Properties | Where-Object { $_.Name -ieq $Name -and $_.Name -cne $Name })) {
        throw "the member '$($other.Name)' differs from '$Name' in capital letters alone, so it is not clear which of the two Docker uses. Remove it or rename it to '$Name', and run again"
    }
    $member = $Value.PSObject.Properties[$Name]
    if ($member) { ConvertTo-Json -InputObject $member.Value -Depth 100 -Compress } else { '' }
}

function Set-ConnectivityMember {
    # The text of a file in which a member has a value, given as JSON; empty takes it out. Others keep their values and their order.
    param([Parameter(Mandatory)] $Value, [Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [AllowEmptyString()] [string] $Json)
    $members = [ordered] @{}
    foreach ($member in $Value.PSObject.Properties) { if ($member.Name -cne $Name) { $members[$member.Name] = $member.Value } elseif ($Json) { $members[$Name] = ConvertFrom-Json $Json } }
    if ($Json -and -not $members.Contains($Name)) { $members[$Name] = ConvertFrom-Json $Json }
    (ConvertTo-Json -InputObject $members -Depth 100) + "`n"
}

function Get-ConnectivityDockerState {
    # What is remembered: for each file what was there, and its member as it was; and since when the service has to be restarted, in ticks.
    param([Parameter(Mandatory)] [hashtable] $Place)
    $state = @{ restart = ''; made = $false }
    if (-not (Test-Path -LiteralPath $Place.State)) { return $state }
    if (Get-Command Get-Acl -ErrorAction SilentlyContinue) {
        $owner = "$((Get-Acl -LiteralPath $Place.State).GetOwner([Security.Principal.SecurityIdentifier]))"
        if ($owner -notin 'S-1-5-18', 'S-1-5-32-544') { # what an administrator makes belongs to the group
            throw "$($Place.State) belongs to $owner, which is neither the system nor an administrator, so it is not used. Remove it, and run again"
        }
    }
    try {
        $read = [IO.File]::ReadAllText($Place.State) | ConvertFrom-Json
        $state.made = $read.made -eq $true
        if ("$($read.restart)" -match '^[0-9]+\z') { $state.restart = "$($read.restart)" }
        foreach ($name in 'daemon', 'desktop') {
            if (-not $read.PSObject.Properties[$name]) { continue }
            $one = $read.$name
            $state[$name] = @{ there = $one.there -eq $true; directory = $one.directory -eq $true; version = $one.version -eq $true; before = [string] $one.before }
        }
    }
    catch { throw "$($Place.State) is damaged: $($_.Exception.Message) Remove it, take our proxies out of Docker's files by hand, and run again" }
    $state
}

function Save-ConnectivityDockerState {
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [hashtable] $State)
    # It has the access rules of daemon.json, since a proxy that an administrator had there may hold a password.
    $left, $fresh = ($State.restart -or $State.ContainsKey('daemon') -or $State.ContainsKey('desktop')), -not (Test-Path -LiteralPath $Place.State)
    if ($left -and -not (Test-Path -LiteralPath $Place.Directory)) { $State.made = $true }
    Write-ConnectivityDockerFile -Path $Place.State -Text $(if ($left) { ConvertTo-Json -InputObject $State -Depth 4 } else { '' })
    if ($left -and $fresh -and (Test-Path -LiteralPath $Place.daemon.Path) -and (Get-Command Get-Acl -ErrorAction SilentlyContinue)) {
        Set-Acl -LiteralPath $Place.State -AclObject (Get-Acl -LiteralPath $Place.daemon.Path)
    }
    if (-not $left -and $State.made -and (Test-Path -LiteralPath $Place.Directory) -and @(Get-ChildItem -LiteralPath $Place.Directory -Force).Count -eq 0) { [IO.Directory]::Delete($Place.Directory) }
}

function Remove-ConnectivityDockerDirectory {
    # Takes away the directory of a file that went, if it was made for it and nothing else is in it.
    param([Parameter(Mandatory)] [hashtable] $Change)
    $directory = [IO.Path]::GetDirectoryName($Change.Path)
    if ($Change.Kept.directory -or -not [IO.Directory]::Exists($directory)) { return }
    if (@(Get-ChildItem -LiteralPath $directory -Force).Count -eq 0) { [IO.Directory]::Delete($directory) }
}

function Test-ConnectivityDockerRestarted {
    # Whether Docker Engine has started since a time, in ticks: then somebody has restarted it by hand.
    param([Parameter(Mandatory)] [string] $Since)
    foreach ($process in @(Get-Process -Name dockerd -ErrorAction SilentlyContinue)) {
        if ($process.StartTime.ToUniversalTime().Ticks -gt [long] $Since) { return $true }
    }
    $false
}

function Get-ConnectivityProxyFault {
    # What is wrong with proxies as the plan or a user gives them.
    param([AllowNull()] $Proxies, [AllowNull()] $Credentials)
    if ($Credentials -and $Credentials.Count -gt 0) {
        'credentials: Docker on Windows keeps its proxy in files that others can read, so no password is written there. Let the proxy admit this host by its address, and leave the credentials out for this host'
    }
    if (-not $Proxies) { return }
    foreach ($name in 'http_proxy', 'https_proxy') {
        $url = [string] $Proxies[$name]
        if (-not $url) { continue }
        if ($url.IndexOf('@') -ge 0) { "proxy.${name}: must have no user and no password on Windows"; continue }
        $port = if ($url -match '^https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})/?\z') { [int] $Matches[2] } else { 0 }
        if ($port -lt 1 -or $port -gt 65535) { "proxy.${name}: must be the URL of a proxy with its port, such as http://proxy.example.org:3128; it is '$url'" }
    }
    foreach ($each in @($Proxies['no_proxy'])) {
        if (-not $each -or $each -match '[\x00-\x20\x7f",]') { "proxy.no_proxy: '$each' is not one exception; make one item of each, without spaces" }
    }
}

function Test-ConnectivityProxy {
    # What is wrong with each proxy that does not take connections.
    param([AllowEmptyCollection()] [string[]] $Urls, [int] $Milliseconds = 5000)
    foreach ($url in $Urls | Where-Object { $_ } | Select-Object -Unique) {
        $parsed, $answers = (New-Object Uri $url), $false
        $addresses = try { @([Net.Dns]::GetHostAddresses($parsed.DnsSafeHost)) } catch { @() }
        foreach ($address in $addresses) { # a client for each family: on Windows PowerShell 5.1, one without a family speaks IPv4 alone
            $client = New-Object Net.Sockets.TcpClient ($address.AddressFamily)
            try { $answers = $client.ConnectAsync($address, $parsed.Port).Wait($Milliseconds) } catch { $answers = $false }
            finally { $client.Dispose() }
            if ($answers) { break }
        }
        if (-not $answers) { "the forward proxy $url does not answer this host; nothing was changed" }
    }
}

function Get-ConnectivityDockerWanted {
    # The member of each file as JSON, empty where we want none; only the files that are ours to look after.
    param([Parameter(Mandatory)] [hashtable] $Options, [Parameter(Mandatory)] [hashtable] $State)
    $wanted = @{}
    $given = @($Options.daemon, $Options.client | Where-Object { $_ -and ($_['http_proxy'] -or $_['https_proxy']) -and -not $Options.removal })
    $daemon = if ($Options.daemon -and -not $Options.removal) { $Options.daemon }
    if ($Options.system -or $State.ContainsKey('daemon')) {
        $wanted.daemon = ''
        if ($Options.system -and $daemon -and ($daemon['http_proxy'] -or $daemon['https_proxy'])) {
            $member = [ordered] @{}
            foreach ($pair in @('http-proxy', 'http_proxy'), @('https-proxy', 'https_proxy')) { if ($daemon[$pair[1]]) { $member[$pair[0]] = [string] $daemon[$pair[1]] } }
            if (@($daemon['no_proxy']).Count -gt 0) { $member['no-proxy'] = @($daemon['no_proxy']) -join ',' }
            $wanted.daemon = ConvertTo-Json -InputObject $member -Compress
        }
    }
    if ($Options.desktop -or $State.ContainsKey('desktop')) {
        $wanted.desktop = ''
        if ($Options.desktop -and $given.Count -gt 0) {
            $member = [ordered] @{ locked = $true; mode = 'manual' }
            foreach ($key in 'http', 'https') { if ($given[0]["${key}_proxy"]) { $member[$key] = [string] $given[0]["${key}_proxy"] } }
            $member.exclude = [string[]] @($given | ForEach-Object { $_['no_proxy'] } | Where-Object { $_ } | Select-Object -Unique)
            $wanted.desktop = ConvertTo-Json -InputObject $member -Compress
        }
    }
    $wanted
}

function Get-ConnectivityDockerChange {
    # How a file changes so that its member is as wanted, or as it was before us; nothing where it is so already.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [hashtable] $State, [Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [AllowEmptyString()] [string] $Wanted)
    $path, $member = $Place[$Name].Path, $Place[$Name].Member
    if (-not $Wanted -and -not $State.ContainsKey($Name)) { return }
    $file = Read-ConnectivityDockerFile -Path $path
    try { $now = Get-ConnectivityMember -Value $file.Value -Name $member } catch { throw "${path}: $($_.Exception.Message)" }
    $version = $null -ne $file.Value.PSObject.Properties['configurationFileVersion']
    $found = @{ there = Test-Path -LiteralPath $path; directory = Test-Path -LiteralPath ([IO.Path]::GetDirectoryName($path)); version = $version; before = $now }
    $kept = if ($State.ContainsKey($Name)) { $State[$Name] } else { $found }
    $after = if ($Wanted) { $Wanted } else { $kept.before }
    $change = @{ Name = $Name; Path = $path; Before = $file.Text; Kept = $kept; Old = $now; New = $after; Text = $file.Text; Forget = -not $Wanted }
    if ($now -cne $after) { $change.Text = Set-ConnectivityMember -Value $file.Value -Name $member -Json $after }
    if (-not $Wanted -and $Name -eq 'desktop' -and $version -and -not $kept.version) {
        $change.Text = Set-ConnectivityMember -Value (ConvertFrom-Json $change.Text) -Name 'configurationFileVersion' -Json ''
    }
    if ($Wanted -and $Name -eq 'desktop' -and -not $version) {
        $all = [ordered] @{ configurationFileVersion = 2 }
        foreach ($one in (ConvertFrom-Json $change.Text).PSObject.Properties) { $all[$one.Name] = $one.Value }
        $change.Text = (ConvertTo-Json -InputObject $all -Depth 100) + "`n"
    }
    if (-not $Wanted -and -not $kept.there) {
        $others = @((ConvertFrom-Json $(if ($change.Text.Trim()) { $change.Text } else { '{}' })).PSObject.Properties)
        if ($others.Count -eq 0) { $change.Text = '' }
    }
    $change.Changes = $change.Text -cne $file.Text
    $change
}

function Restart-ConnectivityDocker {
    # Restarts the service, and waits until it runs. Throws where it does not.
    param([int] $Seconds = 60)
    Restart-Service -Name docker -Force -ErrorAction Stop
    $end = [DateTime]::UtcNow.AddSeconds($Seconds)
    while ("$((Get-Service -Name docker -ErrorAction Stop).Status)" -ne 'Running') {
        if ([DateTime]::UtcNow -gt $end) { throw "the service docker does not run $Seconds seconds after its start" }
        Start-Sleep -Milliseconds 500
    }
}

function Invoke-ConnectivityDocker {
    # Brings Docker to the proxies. Options as the module documents them, and check_mode and removal.
    param([Parameter(Mandatory)] [hashtable] $Options)
    $place = Get-ConnectivityDockerPlace
    $result = @{ changes = @(); restarts = @(); said = @(); warnings = @(); errors = @(); diff = @() }
    $state = Get-ConnectivityDockerState -Place $place
    $service = @(Get-Service -Name docker -ErrorAction SilentlyContinue)
    $desktop = Test-Path -LiteralPath $place.Program
    $wanted = Get-ConnectivityDockerWanted -Options $Options -State $state
    if ($service.Count -eq 0 -and -not $state.ContainsKey('daemon')) {
        if (-not $desktop) { $result.said += 'no Docker daemon on this host: nothing to do' }
        $wanted.Remove('daemon')
    }
    if ($desktop -and -not $Options.removal -and -not $Options.desktop) {
        $asked = $Options.Clone()
        $asked.desktop = $true
        $hints = Get-ConnectivityDockerWanted -Options $asked -State @{ restart = '' }
        if ($hints.desktop) { $result.said += "Docker Desktop has settings of its own, under Settings > Resources > Proxies: $($hints.desktop). docker_proxy_desktop: true writes them into admin-settings.json" }
    }
    if ($service.Count -gt 0 -and $Options.client -and -not $Options.removal) {
        $values = [ordered] @{}
        foreach ($pair in @('httpProxy', 'http_proxy'), @('httpsProxy', 'https_proxy')) { if ($Options.client[$pair[1]]) { $values[$pair[0]] = [string] $Options.client[$pair[1]] } }
        if ($values.Count -gt 0) {
            if (@($Options.client['no_proxy']).Count -gt 0) { $values.noProxy = @($Options.client['no_proxy']) -join ',' }
            $text = ConvertTo-Json -InputObject ([ordered] @{ proxies = [ordered] @{ default = $values } }) -Depth 4 -Compress
            $result.said += "Containers need the forward proxy, too. On Windows nobody writes users' files: put $text into the .docker\config.json of everybody who starts containers"
        }
    }
    if ($state.restart -and (Test-ConnectivityDockerRestarted -Since $state.restart)) { $state.restart = '' }
    if (@($wanted.Values | Where-Object { $_ }).Count -gt 0) {
        foreach ($name in 'rootless_users', 'client_users') {
            if (@($Options[$name] | Where-Object { $_ }).Count -gt 0) {
                $result.errors += "${name}: Docker on Windows has no rootless daemons, and users' files are not written there. Leave it empty for this host"
            }
        }
        $result.errors += @(Get-ConnectivityProxyFault $Options.daemon $Options.credentials) + @(Get-ConnectivityProxyFault $Options.client $null) | Select-Object -Unique
        if ($result.errors.Count -gt 0) { return $result }
    }
    $changes = @(foreach ($name in 'daemon', 'desktop') { if ($wanted.ContainsKey($name)) { Get-ConnectivityDockerChange -Place $place -State $state -Name $name -Wanted $wanted[$name] } })
    $changing = @($changes | Where-Object { $_.Changes })
    foreach ($change in $changing) {
        $result.changes += $change.Path
        $shown = @{ before = Hide-ConnectivityCredential $change.Old; after = Hide-ConnectivityCredential $change.New }
        foreach ($key in 'before', 'after') { if ($shown[$key]) { $shown[$key] += "`n" } }
        $result.diff += @{ before_header = $change.Path; after_header = $change.Path; before = $shown.before; after = $shown.after }
    }
    $due = $service.Count -gt 0 -and ($state.restart -or @($changing | Where-Object { $_.Name -eq 'daemon' }).Count -gt 0)
    $running = $due -and "$($service[0].Status)" -eq 'Running'
    if ($due -and -not $running) { $result.said += 'the service docker does not run, so it is not restarted. It takes these proxies when it starts' }
    elseif ($due -and -not $Options.restart) { $result.said += 'the service docker does not use these proxies yet: restart it' }
    elseif ($due) { $result.changes += 'docker'; $result.restarts += 'docker: running containers stop; those with a restart policy start again with the service' }
    if (@($changing | Where-Object { $_.Name -eq 'desktop' }).Count -gt 0) { $result.said += 'Docker Desktop reads admin-settings.json when it starts: quit Docker Desktop, and start it again' }
    if ($changing.Count -gt 0 -and $Options.must_answer -and -not $Options.removal) {
        $urls = @(foreach ($of in $Options.daemon, $Options.client) { if ($of) { $of['http_proxy']; $of['https_proxy'] } })
        $result.errors = @(Test-ConnectivityProxy -Urls $urls)
        if ($result.errors.Count -gt 0) { $result.changes, $result.diff, $result.restarts = @(), @(), @(); return $result }
    }
    if ($Options.check_mode) { return $result }
    Set-ConnectivityDocker -Place $place -State $state -Changes $changes -Restart ($due -and $running -and $Options.restart) -Due ($due -and $running) -Result $result
    $result
}

function Set-ConnectivityDocker {
    # Writes what changes, restarts the service, and takes back what it does not start with. What the host remembers is written first.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [hashtable] $State, [AllowEmptyCollection()] [hashtable[]] $Changes, [bool] $Restart, [bool] $Due, [Parameter(Mandatory)] [hashtable] $Result)
    $remembered = if (Test-Path -LiteralPath $Place.State) { [IO.File]::ReadAllText($Place.State) } else { '' }
    foreach ($change in $Changes) { $State[$change.Name] = $change.Kept }
    if (-not $Due) { $State.restart = '' }
    elseif (-not $State.restart -or @($Changes | Where-Object { $_.Name -eq 'daemon' -and $_.Changes }).Count -gt 0) { $State.restart = "$([DateTime]::UtcNow.Ticks)" }
    Save-ConnectivityDockerState -Place $Place -State $State
    $daemon = @($Changes | Where-Object { $_.Name -eq 'daemon' -and $_.Changes })
    try {
        foreach ($change in $Changes) { if ($change.Changes) { Write-ConnectivityDockerFile -Path $change.Path -Text $change.Text } }
        if ($Restart) { Restart-ConnectivityDocker; $State.restart = '' }
    }
    catch {
        $reason = $_.Exception.Message
        foreach ($change in $Changes) { if ($change.Changes) { Write-ConnectivityDockerFile -Path $change.Path -Text $change.Before } }
        Write-ConnectivityDockerFile -Path $Place.State -Text $remembered
        if (-not $remembered) { Save-ConnectivityDockerState -Place $Place -State @{ restart = ''; made = $State.made } }
        foreach ($change in $Changes) { Remove-ConnectivityDockerDirectory -Change $change }
        $Result.changes, $Result.diff = @(), @()
        $again = 'The files are as they were before'
        if ($Restart) {
            try { Restart-ConnectivityDocker; $again += ', and the service docker runs with them' }
            catch { $again += ", but the service docker does not start with them either: $($_.Exception.Message)" }
        }
        $where = if ($daemon.Count -gt 0) { " with $($daemon[0].Path)" } else { '' }
        $Result.errors = @("the service docker did not start$where, or a file could not be written: $reason. $again. Docker Engine 23.0 and later know the member proxies")
        return
    }
    foreach ($change in $Changes) { if ($change.Forget) { $State.Remove($change.Name) } }
    Save-ConnectivityDockerState -Place $Place -State $State
    foreach ($change in $Changes) { if ($change.Forget) { Remove-ConnectivityDockerDirectory -Change $change } }
}
