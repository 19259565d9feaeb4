# "Examples of using semi-structured data in Amazon Redshift". The page's object, but for what no example reads.
--- setup
CREATE VIEW test_json AS SELECT JSON_PARSE('
{
   "data":{
      "pnr":{
         "type":"pnr",
         "pnrid":"123PQRS-2024-09-20",
         "bookingIdentifier":"123PQRS",
         "version":"5",
         "triggerType":"",
         "events":[
            { "eventType":"UPDATED", "type":"PART", "id":"123PQRS-2024-09-20-HO-1" },
            { "eventType":"CREATED", "type":"ABC", "id":"123PQRS-2024-09-20-OT-38" }
         ],
         "contactDetail":[
            {
               "emailContacts":[
                  { "id":"123PQRS-2024-09-20-OT-4", "contact":"JOHNMILLER@EXAMPLE.COM",
                    "purpose":[ "BUSINESS" ], "commuter":[ "123PQRS-2024-09-20-RO-2" ], "language":"EN" },
                  { "id":"123PQRS-2024-09-20-OT-5", "contact":"HARVEYCORMIER@EXAMPLE.COM",
                    "purpose":[ "NOTIFICATION" ], "commuter":[ "123PQRS-2024-09-20-RO-2" ], "language":"EN" }
               ]
            },
            {
               "phoneContacts":[
                  { "id":"123PQRS-2024-09-20-OT-3", "contact":"1234567890", "purpose":[ "NOTIFICATION" ],
                    "commuter":[ "123PQRS-2024-09-20-RO-2" ], "language":"" }
               ]
            }
         ],
         "PendingService":[
            { "id":"123PQRS-2024-09-20-OT-26", "code":"MONO" },
            { "id":"123PQRS-2024-09-20-OT-27", "code":"OTHS" },
            { "id":"123PQRS-2024-09-20-OT-28", "code":"OTHS" },
            { "id":"123PQRS-2024-09-20-OT-29", "code":"OTHS" }
         ],
         "parts": [
            { "partname": "prop", "manufacturer": "local parts co", "quality": 2, "price": 10.00 },
            { "partname": "prop", "manufacturer": "big parts co", "quality": null, "price": 9.00 },
            { "partname": "prop", "manufacturer": "small parts co", "quality": 1, "price": 12.00 },
            { "partname": "rudder", "manufacturer": "local parts co", "quality": 1, "price": 2.50 },
            { "partname": "rudder", "manufacturer": "big parts co", "quality": 2, "price": 3.75 },
            { "partname": "rudder", "manufacturer": "small parts co", "quality": null, "price": 1.90 },
            { "partname": "wing", "manufacturer": "local parts co", "quality": null, "price": 7.50 },
            { "partname": "wing", "manufacturer": "big parts co", "quality": 1, "price": 15.20 },
            { "partname": "wing", "manufacturer": "small parts co", "quality": null, "price": 11.80 }
         ]
       }
   },
   "id":"abcdefgh-ijklmnop-qrstuvwxyz123"
}
') AS all_data WITH NO SCHEMA BINDING;
--- super-examples | three levels deep
SET enable_case_sensitive_super_attribute TO true;
SET enable_case_sensitive_identifier TO true;
select all_data.data.pnr.pnrid::varchar from test_json;
=> pnrid VARCHAR(65535)
123PQRS-2024-09-20

--- super-examples | the first element
SET enable_case_sensitive_super_attribute TO true;
SELECT
    all_data.data.pnr.events[0]
FROM test_json;
=> events SUPER
{"eventType":"UPDATED","type":"PART","id":"123PQRS-2024-09-20-HO-1"}

--- super-examples | an attribute of the first element
SET enable_case_sensitive_super_attribute TO true;
SET enable_case_sensitive_identifier TO true;
SELECT
    all_data.data.pnr.events[0].eventType
FROM test_json;
=> eventtype SUPER
"UPDATED"

--- super-examples | without the settings
RESET enable_case_sensitive_identifier;
RESET enable_case_sensitive_super_attribute;
SELECT
    all_data.data.pnr.events[0].eventType
FROM test_json;
=> eventtype SUPER
NULL

--- super-examples | quoted, without the settings
RESET enable_case_sensitive_identifier;
RESET enable_case_sensitive_super_attribute;
SELECT
    all_data.data.pnr.events[0]."eventType"
FROM test_json;
=> eventtype SUPER
NULL

# The page heads the column eventtype, but super-configurations keeps the case of a quoted attribute here.
--- super-examples | quoted, with case-sensitive identifiers
SET enable_case_sensitive_identifier TO true;
SELECT
    all_data.data.pnr.events[0]."eventType"
FROM test_json;
=> eventType SUPER
"UPDATED"

--- super-examples | with case-sensitive attributes
SET enable_case_sensitive_super_attribute TO true;
SELECT
    all_data.data.pnr.events[0].eventType
FROM test_json;
=> eventtype SUPER
"UPDATED"

--- super-examples | a filter
SET enable_case_sensitive_super_attribute TO true;
SELECT COUNT(*)
FROM test_json
WHERE all_data.data.pnr.events[0].eventType = 'UPDATED';
=> count BIGINT
1

# The page prints "UPDATED" in the quotes that the cast to VARCHAR takes away.
--- super-examples | GROUP BY and ORDER BY
SET enable_case_sensitive_super_attribute TO true;
SELECT all_data.data.pnr.events[0].eventType::varchar,
       COUNT(*)
FROM test_json
WHERE all_data.data.pnr.events[0].eventType IS NOT NULL
GROUP BY all_data.data.pnr.events[0].eventType
ORDER BY all_data.data.pnr.events[0].eventType;
=> eventtype VARCHAR(65535), count BIGINT
UPDATED | 1

--- super-examples | unnesting
SET enable_case_sensitive_super_attribute TO true;
SELECT
a.all_data.data.pnr.type::varchar type_info,
a.all_data.data.pnr.pnrid::varchar pnr_id ,
a.all_data.data.pnr.bookingIdentifier::varchar booking_id,
a.all_data.data.pnr.version::varchar version_info,
b.eventType::varchar event_type,
b.id::varchar event_id
FROM test_json a,
  a.all_data.data.pnr.events b;
=> type_info VARCHAR(65535), pnr_id VARCHAR(65535), booking_id VARCHAR(65535), version_info VARCHAR(65535), event_type VARCHAR(65535), event_id VARCHAR(65535)
pnr | 123PQRS-2024-09-20 | 123PQRS | 5 | UPDATED | 123PQRS-2024-09-20-HO-1
pnr | 123PQRS-2024-09-20 | 123PQRS | 5 | CREATED | 123PQRS-2024-09-20-OT-38

--- super-examples | unnesting nested arrays
SET enable_case_sensitive_super_attribute TO true;
SELECT
a.all_data.data.pnr.type::varchar type_info,
a.all_data.data.pnr.pnrid::varchar pnr_id ,
a.all_data.data.pnr.bookingIdentifier::varchar booking_id,
a.all_data.data.pnr.version::varchar version_info,
d.id::varchar email_record_id,
d.contact::varchar email_contact,
e::varchar email_purpose,
f::varchar email_commuter
FROM test_json a,
  a.all_data.data.pnr.contactDetail c,
  c."emailContacts" d,
  d.purpose e,
  d.commuter f;
=> type_info VARCHAR(65535), pnr_id VARCHAR(65535), booking_id VARCHAR(65535), version_info VARCHAR(65535), email_record_id VARCHAR(65535), email_contact VARCHAR(65535), email_purpose VARCHAR(65535), email_commuter VARCHAR(65535)
pnr | 123PQRS-2024-09-20 | 123PQRS | 5 | 123PQRS-2024-09-20-OT-4 | JOHNMILLER@EXAMPLE.COM | BUSINESS | 123PQRS-2024-09-20-RO-2
pnr | 123PQRS-2024-09-20 | 123PQRS | 5 | 123PQRS-2024-09-20-OT-5 | HARVEYCORMIER@EXAMPLE.COM | NOTIFICATION | 123PQRS-2024-09-20-RO-2

# The page prints two columns more than the query has.
--- super-examples | a subquery over an element's array
SET enable_case_sensitive_super_attribute TO true;
SELECT
a.all_data.data.pnr.type::varchar type_info,
a.all_data.data.pnr.pnrid::varchar pnr_id ,
a.all_data.data.pnr.bookingIdentifier::varchar booking_id,
a.all_data.data.pnr.version::varchar version_info,
d.id::varchar email_record_id,
d.contact::varchar email_contact
FROM test_json a,
a.all_data.data.pnr.contactDetail c,
c."emailContacts" d
WHERE (SELECT COUNT(*) FROM d.purpose e WHERE e = 'BUSINESS') > 0;
=> type_info VARCHAR(65535), pnr_id VARCHAR(65535), booking_id VARCHAR(65535), version_info VARCHAR(65535), email_record_id VARCHAR(65535), email_contact VARCHAR(65535)
pnr | 123PQRS-2024-09-20 | 123PQRS | 5 | 123PQRS-2024-09-20-OT-4 | JOHNMILLER@EXAMPLE.COM

--- super-examples | counting elements
SET enable_case_sensitive_super_attribute TO true;
SELECT
a.all_data.data.pnr.type::varchar type_info,
a.all_data.data.pnr.pnrid::varchar pnr_id ,
a.all_data.data.pnr.bookingIdentifier::varchar booking_id,
a.all_data.data.pnr.version::varchar version_info,
COUNT(*) AS total_pending_service
FROM test_json a,
  a.all_data.data.pnr.PendingService c
GROUP BY 1,2,3,4;
=> type_info VARCHAR(65535), pnr_id VARCHAR(65535), booking_id VARCHAR(65535), version_info VARCHAR(65535), total_pending_service BIGINT
pnr | 123PQRS-2024-09-20 | 123PQRS | 5 | 4

--- super-examples | averages by part | unordered
SELECT partname, avg(price)
FROM (
SELECT
c.partname::varchar, c.price
FROM test_json a,
  a.all_data.data.pnr.parts c)
WHERE partname IN ('prop', 'rudder', 'wing')
GROUP BY partname;
=> partname VARCHAR(65535), avg SUPER
prop | 10.33
rudder | 2.71
wing | 11.50
