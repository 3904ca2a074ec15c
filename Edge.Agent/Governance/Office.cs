using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Edge.Storage.Json;

namespace Edge.Agent.Governance;

/// <summary>Whom people can turn to: a name, and at least one of e-mail, phone and address. Public.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Url">A page about it, https only.</param>
public sealed partial record Office(string Name, string? Email, string? Phone, string? Address, string? Url)
{
    internal static Office Read(JsonFields fields)
    {
        var office = new Office(
            CaseRecord.Text(fields, "office", 100),
            Optional(fields, "email", text => text.Length <= 254 && EmailForm().IsMatch(text), "must be an address such as office@city.example"),
            Optional(fields, "phone", PhoneForm().IsMatch, "must be a phone number of 3 to 30 digits, blanks, '(', ')', '.' and '-'"),
            fields.Has("address") ? CaseRecord.Text(fields, "address", 200) : null,
            Optional(fields, "url", text => text.Length <= 300 && UrlForm().IsMatch(text), "must be an address such as https://city.example/complaints"));
        if (office is { Email: null, Phone: null, Address: null }) fields.Fail("office", "needs an email, a phone or an address beside it");
        return office;
    }

    internal JsonObject Write()
    {
        var json = new JsonObject { ["office"] = Name };
        if (Email is not null) json["email"] = Email;
        if (Phone is not null) json["phone"] = Phone;
        if (Address is not null) json["address"] = Address;
        if (Url is not null) json["url"] = Url;
        return json;
    }

    private static string? Optional(JsonFields fields, string key, Func<string, bool> isValid, string mustBe) =>
        fields.Has(key) ? fields.Text(key, isValid, mustBe) : null;

    // Narrower than the RFCs on purpose: it becomes a link on a public page.
    [GeneratedRegex(@"\A[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex EmailForm();

    [GeneratedRegex(@"\A\+?[0-9(][0-9 ().-]{1,28}[0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex PhoneForm();

    [GeneratedRegex(@"\Ahttps://[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._~/?#&=%+-]*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex UrlForm();
}
